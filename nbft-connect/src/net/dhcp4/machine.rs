//! Decides what DHCPv4 sends next and what a reply means: states in, messages out, no I/O (RFC 2131, section 4.4).

use super::message::{Reply, ReplyKind, Request};
use crate::jitter;
use std::net::Ipv4Addr;
use std::time::Duration;

/// The first pause before a message is sent again; it doubles. A second more or less keeps machines apart that start together (RFC 2131,
/// section 4.1).
const FIRST_PAUSE: Duration = Duration::from_secs(4);
const LONGEST_PAUSE: Duration = Duration::from_secs(64);

/// Pause between requests for firmware's address, and their number: one may be lost if the link has just come up. A server that does not
/// know the client stays silent (section 4.3.2); the same round then asks for any address.
const REBOOT_PAUSE: Duration = Duration::from_millis(2500);
const MOST_REBOOTS: u32 = 2;

/// Longest pause before the first DHCPDISCOVER. RFC 2131, section 4.4.1, asks for one to ten seconds, too long for a boot.
const DESYNCHRONIZE: Duration = Duration::from_millis(200);

/// Pause after a server has refused what it had offered.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// How often an offered address is requested before the offer is given up.
const MOST_REQUESTS: u32 = 2;

/// The client's state (RFC 2131, figure 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It asks for firmware's address.
    Rebooting { address: Ipv4Addr },
    /// It asks who offers one.
    Selecting,
    /// It asks for one that was offered.
    Requesting { address: Ipv4Addr, server: Ipv4Addr },
    /// It asks the server that granted its address.
    Renewing { address: Ipv4Addr, server: Ipv4Addr },
    /// It asks any server to renew its address.
    Rebinding { address: Ipv4Addr },
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// Every server of the link.
    All,
    /// One server, from the address that the client has.
    Server { own: Ipv4Addr, server: Ipv4Addr },
}

/// A message to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) request: Request,
    pub(super) to: Destination,
    /// How long to wait for a reply.
    pub(super) wait: Duration,
}

/// What a reply means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing in this state.
    Nothing,
    /// The next message is due after this pause.
    Next(Duration),
    /// The address is granted.
    Granted,
}

/// The client.
#[derive(Debug)]
pub(super) struct Machine {
    state: State,
    transaction: u32,
    /// Messages sent in this state.
    sent: u32,
}

impl Machine {
    pub(super) fn new(state: State) -> Self {
        Self { state, transaction: fastrand::u32(..), sent: 0 }
    }

    pub(super) const fn transaction(&self) -> u32 {
        self.transaction
    }

    /// How long to wait before the first message.
    pub(super) fn first_pause(&self) -> Duration {
        if self.state == State::Selecting { jitter::scaled(DESYNCHRONIZE, 0.0, 1.0) } else { Duration::ZERO }
    }

    /// The next message, now that it is due.
    pub(super) fn send(&mut self) -> Outgoing {
        match self.state {
            State::Rebooting { .. } if self.sent >= MOST_REBOOTS => self.start_over(),
            State::Requesting { .. } if self.sent >= MOST_REQUESTS => self.start_over(),
            State::Renewing { .. } if self.sent > 0 => self.rebind(),
            _ => {}
        }
        let pause = match self.state {
            State::Rebooting { .. } => REBOOT_PAUSE,
            _ => FIRST_PAUSE.saturating_mul(1 << self.sent.min(4)).min(LONGEST_PAUSE),
        };
        self.sent += 1;
        let (request, to) = match self.state {
            State::Rebooting { address } => (Request::Reboot { address }, Destination::All),
            State::Selecting => (Request::Discover, Destination::All),
            State::Requesting { address, server } => (Request::Select { address, server }, Destination::All),
            State::Renewing { address, server } => {
                (Request::Extend { address }, Destination::Server { own: address, server })
            }
            State::Rebinding { address } => (Request::Extend { address }, Destination::All),
        };
        Outgoing {
            request,
            to,
            wait: pause - Duration::from_secs(1) + jitter::scaled(Duration::from_secs(2), 0.0, 1.0),
        }
    }

    /// Takes in a reply to this transaction.
    pub(super) fn hear(&mut self, reply: &Reply) -> Meaning {
        match (self.state, reply.kind) {
            (State::Selecting, ReplyKind::Offer) if !reply.address.is_unspecified() => {
                let (address, server) = (reply.address, reply.server());
                (self.state, self.sent) = (State::Requesting { address, server }, 0);
                Meaning::Next(Duration::ZERO)
            }
            (State::Selecting, _) | (_, ReplyKind::Offer) => Meaning::Nothing,
            (_, ReplyKind::Ack) => Meaning::Granted,
            // One server cannot refuse another server's offer.
            (State::Requesting { server, .. }, ReplyKind::Nak) if server != reply.server() => Meaning::Nothing,
            (State::Requesting { .. }, ReplyKind::Nak) => {
                self.start_over();
                Meaning::Next(AFTER_REFUSAL)
            }
            (_, ReplyKind::Nak) => {
                self.start_over();
                Meaning::Next(Duration::ZERO)
            }
        }
    }

    /// Notes that a message to the server could not be sent.
    pub(super) fn fail_to_send(&mut self) -> Meaning {
        match self.state {
            State::Renewing { .. } => {
                self.rebind();
                Meaning::Next(Duration::ZERO)
            }
            _ => Meaning::Nothing,
        }
    }

    fn start_over(&mut self) {
        *self = Self::new(State::Selecting);
    }

    /// Asks any server to renew the address, even before T2: the root file system needs it.
    fn rebind(&mut self) {
        if let State::Renewing { address, .. } = self.state {
            (self.state, self.sent) = (State::Rebinding { address }, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::dhcp4::message::reply;

    const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const OTHER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
    const OWN: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);

    /// A reply of this kind from a server, for this address.
    fn from(server: Ipv4Addr, kind: u8, address: Ipv4Addr) -> Reply {
        let mut bytes = vec![0; 236];
        bytes[0] = 2;
        bytes[16..20].copy_from_slice(&address.octets());
        bytes.extend([99, 130, 83, 99, 53, 1, kind, 54, 4]);
        bytes.extend(server.octets());
        reply(&bytes, 0).unwrap()
    }

    fn offer() -> Reply {
        from(SERVER, 2, OWN)
    }

    fn ack() -> Reply {
        from(SERVER, 5, OWN)
    }

    fn nak() -> Reply {
        from(SERVER, 6, Ipv4Addr::UNSPECIFIED)
    }

    /// The request, its destination, and the seconds to wait for a reply, give or take one.
    fn sent(machine: &mut Machine, seconds: f64) -> (Request, Destination) {
        let Outgoing { request, to, wait } = machine.send();
        assert!((wait.as_secs_f64() - seconds).abs() <= 1.0, "{wait:?}");
        (request, to)
    }

    const NOW: Meaning = Meaning::Next(Duration::ZERO);
    const DISCOVER: (Request, Destination) = (Request::Discover, Destination::All);
    const SELECT: (Request, Destination) = (Request::Select { address: OWN, server: SERVER }, Destination::All);
    const EXTEND: (Request, Destination) = (Request::Extend { address: OWN }, Destination::All);

    #[test]
    fn an_offer_is_requested_and_granted() {
        let mut machine = Machine::new(State::Selecting);
        assert!(machine.first_pause() <= DESYNCHRONIZE);
        for seconds in [4.0, 8.0, 16.0, 32.0, 64.0, 64.0] {
            assert_eq!(sent(&mut machine, seconds), DISCOVER);
        }
        let transaction = machine.transaction();
        for nothing in [ack(), nak(), from(SERVER, 2, Ipv4Addr::UNSPECIFIED)] {
            assert_eq!(machine.hear(&nothing), Meaning::Nothing);
        }
        assert_eq!(machine.hear(&offer()), NOW);
        assert_eq!(sent(&mut machine, 4.0), SELECT);
        // The first offer counts.
        assert_eq!(machine.hear(&from(OTHER, 2, OTHER)), Meaning::Nothing);
        assert_eq!(machine.hear(&from(OTHER, 6, OWN)), Meaning::Nothing);
        assert_eq!(machine.transaction(), transaction);
        assert_eq!(machine.hear(&ack()), Meaning::Granted);
    }

    #[test]
    fn an_offer_that_is_not_kept_is_given_up() {
        let mut machine = Machine::new(State::Selecting);
        machine.send();
        machine.hear(&offer());
        let transaction = machine.transaction();
        assert_eq!(sent(&mut machine, 4.0), SELECT);
        assert_eq!(sent(&mut machine, 8.0), SELECT);
        assert_eq!(sent(&mut machine, 4.0), DISCOVER);
        assert_ne!(machine.transaction(), transaction);
        machine.hear(&offer());
        machine.send();
        assert_eq!(machine.hear(&nak()), Meaning::Next(AFTER_REFUSAL));
        assert_eq!(sent(&mut machine, 4.0), DISCOVER);
    }

    #[test]
    fn firmwares_address_is_asked_for_first() {
        let start = || Machine::new(State::Rebooting { address: OWN });
        assert_eq!(start().first_pause(), Duration::ZERO);
        let first = (Request::Reboot { address: OWN }, Destination::All);
        let mut machine = start();
        assert_eq!(sent(&mut machine, 2.5), first);
        assert_eq!(machine.hear(&offer()), Meaning::Nothing);
        assert_eq!(machine.hear(&ack()), Meaning::Granted);
        let mut machine = start();
        assert_eq!(sent(&mut machine, 2.5), first);
        assert_eq!(machine.hear(&nak()), NOW);
        assert_eq!(sent(&mut machine, 4.0), DISCOVER);
        // A request that is lost, and a server that keeps silent.
        let mut machine = start();
        assert_eq!(sent(&mut machine, 2.5), first);
        assert_eq!(sent(&mut machine, 2.5), first);
        assert_eq!(sent(&mut machine, 4.0), DISCOVER);
    }

    #[test]
    fn a_lease_is_renewed_with_its_server_then_with_any() {
        let start = || Machine::new(State::Renewing { address: OWN, server: SERVER });
        let first = (Request::Extend { address: OWN }, Destination::Server { own: OWN, server: SERVER });
        let mut machine = start();
        assert_eq!(sent(&mut machine, 4.0), first);
        assert_eq!(sent(&mut machine, 4.0), EXTEND);
        assert_eq!(sent(&mut machine, 8.0), EXTEND);
        assert_eq!(machine.hear(&ack()), Meaning::Granted);
        let mut machine = start();
        assert_eq!(sent(&mut machine, 4.0), first);
        assert_eq!(machine.fail_to_send(), NOW);
        assert_eq!(sent(&mut machine, 4.0), EXTEND);
        assert_eq!(machine.fail_to_send(), Meaning::Nothing, "it is tried again in its time");
        assert_eq!(machine.hear(&nak()), NOW);
        assert_eq!(sent(&mut machine, 4.0), DISCOVER);
    }
}

//! Decides what DHCPv6 sends next and what a reply means: states in, messages out, no I/O (RFC 8415, section 18.2).

use super::message::{Reply, ReplyKind, Request};
use crate::jitter;
use std::net::Ipv6Addr;
use std::time::Duration;

/// SOL_MAX_DELAY (section 7.6): machines that restart after a power failure do not ask together.
const LONGEST_DELAY: Duration = Duration::from_secs(1);

/// Pause after a server has refused what it had offered.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// NoBinding (section 21.13): the server does not know the lease.
const NO_BINDING: u16 = 3;

/// What a reply means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing in this state.
    Nothing,
    /// The next message is due after this pause.
    Next(Duration),
    /// This address is granted.
    Granted(Ipv6Addr),
}

/// The client. Its current request is its state.
#[derive(Debug)]
pub(super) struct Machine {
    request: Request,
    transaction: u32,
    /// The last pause before a message was sent again.
    pause: Option<Duration>,
}

impl Machine {
    pub(super) fn new(request: Request) -> Self {
        Self { request, transaction: fastrand::u32(..1 << 24), pause: None }
    }

    pub(super) const fn request(&self) -> &Request {
        &self.request
    }

    pub(super) const fn transaction(&self) -> u32 {
        self.transaction
    }

    /// How long to wait before the first message.
    pub(super) fn first_pause(&self) -> Duration {
        if self.request == Request::Solicit { jitter::scaled(LONGEST_DELAY, 0.0, 1.0) } else { Duration::ZERO }
    }

    /// How long to wait for a reply to the message that is sent now: each time twice as long, a tenth more or less (section 15).
    pub(super) fn wait(&mut self) -> Duration {
        let (first, longest) = match self.request {
            Request::Solicit => (1, 3600),
            Request::Select { .. } => (1, 30),
            Request::Renew { .. } | Request::Rebind { .. } => (10, 600),
        };
        let longest = Duration::from_secs(longest);
        let pause = self.pause.map_or(Duration::from_secs(first), |last| last * 2).min(longest);
        self.pause = Some(pause);
        // A Solicit is never repeated early (section 18.2.1).
        let least = if self.request == Request::Solicit { 1.0 } else { 0.9 };
        jitter::scaled(pause, least, 1.1)
    }

    /// Takes in a reply to this transaction.
    pub(super) fn hear(&mut self, reply: &Reply<'_>) -> Meaning {
        let wanted = self.request.address();
        let addresses = || reply.offered.iter().map(|offered| offered.address);
        let address = addresses().find(|address| Some(*address) == wanted).or_else(|| addresses().next());
        match (&self.request, reply.kind, address) {
            (Request::Solicit, ReplyKind::Advertise, Some(address)) => {
                *self = Self::new(Request::Select { server: reply.server.to_vec(), address });
                Meaning::Next(Duration::ZERO)
            }
            (Request::Solicit, ..) | (_, ReplyKind::Advertise, _) => Meaning::Nothing,
            (_, ReplyKind::Reply, Some(address)) => Meaning::Granted(address),
            (Request::Select { server, .. }, _, None) if server == reply.server => self.start_over(AFTER_REFUSAL),
            (Request::Renew { .. } | Request::Rebind { .. }, _, None) if reply.status == NO_BINDING => {
                self.start_over(Duration::ZERO)
            }
            _ => Meaning::Nothing,
        }
    }

    fn start_over(&mut self, pause: Duration) -> Meaning {
        *self = Self::new(Request::Solicit);
        Meaning::Next(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::dhcp6::message::{Sender, reply};

    const OWN: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x99);
    const OTHER: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x98);
    const NOW: Meaning = Meaning::Next(Duration::ZERO);

    /// What a message of this kind from this server means, with these addresses and this status.
    fn hear(machine: &mut Machine, kind: u8, server: u8, addresses: &[Ipv6Addr], status: u8) -> Meaning {
        let mut association = vec![0; 12];
        for address in addresses {
            association.extend([&[0, 5, 0, 24][..], &address.octets(), &[0, 0, 0, 9, 0, 0, 0, 9]].concat());
        }
        association.extend([0, 13, 0, 2, 0, status]);
        let mut bytes = vec![kind, 0, 0, 0, 0, 1, 0, 1, 7, 0, 2, 0, 1, server, 0, 3, 0, association.len() as u8];
        bytes.extend(association);
        machine.hear(&reply(&bytes, 0, &Sender { duid: vec![7], iaid: 0, options: Vec::new() }).unwrap())
    }

    fn request(server: u8, address: Ipv6Addr) -> Request {
        Request::Select { server: vec![server], address }
    }

    fn waits(machine: &mut Machine, seconds: &[f64]) {
        for seconds in seconds {
            let wait = machine.wait().as_secs_f64();
            assert!((seconds * 0.9..=seconds * 1.1).contains(&wait), "{seconds}: {wait}");
        }
    }

    #[test]
    fn what_is_advertised_is_requested_and_granted() {
        let mut machine = Machine::new(Request::Solicit);
        assert!(machine.first_pause() <= LONGEST_DELAY);
        waits(&mut machine, &[1.0, 2.0, 4.0, 8.0]);
        assert_eq!(hear(&mut machine, 7, 1, &[OWN], 0), Meaning::Nothing, "a reply that nobody asked for");
        assert_eq!(hear(&mut machine, 2, 1, &[], 2), Meaning::Nothing, "a server without addresses");
        let transaction = machine.transaction();
        assert_eq!(hear(&mut machine, 2, 1, &[OWN], 0), NOW);
        assert_eq!(machine.request(), &request(1, OWN));
        assert_ne!(machine.transaction(), transaction);
        waits(&mut machine, &[1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        assert_eq!(hear(&mut machine, 2, 2, &[OTHER], 0), Meaning::Nothing, "the first one counts");
        assert_eq!(hear(&mut machine, 7, 2, &[], 2), Meaning::Nothing, "another server's refusal");
        assert_eq!(hear(&mut machine, 7, 1, &[OTHER, OWN], 0), Meaning::Granted(OWN));
        assert_eq!(hear(&mut machine, 7, 1, &[OTHER], 0), Meaning::Granted(OTHER));
        assert_eq!(hear(&mut machine, 7, 1, &[], 2), Meaning::Next(AFTER_REFUSAL));
        assert_eq!(machine.request(), &Request::Solicit);
    }

    #[test]
    fn a_lease_is_renewed_unless_it_is_not_known() {
        for start in [Request::Renew { server: vec![1], address: OWN }, Request::Rebind { address: OWN }] {
            let mut machine = Machine::new(start.clone());
            assert_eq!(machine.first_pause(), Duration::ZERO);
            waits(&mut machine, &[10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0]);
            assert_eq!(hear(&mut machine, 7, 1, &[OWN], 1), Meaning::Nothing);
            assert_eq!(hear(&mut machine, 7, 1, &[], 0), Meaning::Nothing);
            assert_eq!(machine.request(), &start);
            assert_eq!(hear(&mut machine, 7, 1, &[OWN], 0), Meaning::Granted(OWN));
            assert_eq!(hear(&mut machine, 7, 1, &[], 3), NOW);
            assert_eq!(machine.request(), &Request::Solicit);
        }
    }
}

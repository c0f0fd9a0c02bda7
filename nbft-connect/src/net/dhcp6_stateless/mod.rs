//! Requests stateless DHCPv6 information beside an address from a router advertisement (RFC 8415, section 18.2.6).
//!
//! Nothing waits for it: the root file system does not need it, only the handover does.

mod message;

use super::NetFailure;
use super::dhcp::{Client, LONGEST_MESSAGE};
use super::dhcp6::socket::ServersSocket;
use crate::jitter;
use crate::output::escape;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// INF_MAX_DELAY, INF_TIMEOUT and INF_MAX_RT (section 7.6).
const MAX_DELAY: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// IRT_DEFAULT and IRT_MINIMUM: how long an answer is valid (section 7.6).
const REFRESH: u32 = 86_400;
const LEAST_REFRESH: u32 = 600;

/// Information about the network from a DHCPv6 server that grants no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Information {
    /// Server that said it: its link-local address, or a relay's.
    pub server: IpAddr,
    /// DNS servers (option 23).
    pub dns: Vec<IpAddr>,
    /// Domains to search (option 24).
    pub domains: Vec<String>,
    /// NTP servers, addresses or names (option 56).
    pub ntp: Vec<String>,
    /// Where to boot from (option 59).
    pub boot_file_url: Option<String>,
}

impl fmt::Display for Information {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dns: Vec<String> = self.dns.iter().map(IpAddr::to_string).collect();
        let boot_file: Vec<String> = self.boot_file_url.iter().cloned().collect();
        let kinds = [("DNS", &dns), ("domain", &self.domains), ("NTP", &self.ntp), ("boot file", &boot_file)];
        let there = kinds.iter().filter(|(_, values)| !values.is_empty());
        let parts: Vec<String> = there.map(|(kind, values)| format!("{kind} {}", escape(&values.join(", ")))).collect();
        if parts.is_empty() { f.write_str("nothing") } else { f.write_str(&parts.join("; ")) }
    }
}

/// The information, and how long it is valid.
pub(super) struct Told {
    pub(super) information: Information,
    pub(super) holds: Duration,
    /// The longest pause between two requests from now on, if the server names one (INF_MAX_RT).
    pub(super) longest_pause: Option<Duration>,
}

/// Asks until a server answers, with pauses that grow up to `longest_pause`. `link_local` is the link's own; `duid` goes over the wire as
/// it is.
pub(super) async fn ask(
    client: &Client<'_>,
    link_local: Ipv6Addr,
    duid: &[u8],
    longest_pause: Duration,
) -> Result<Told, NetFailure> {
    let failed = |step: &str| {
        let step = format!("DHCPv6 Information-request: {step}");
        move |error: std::io::Error| NetFailure::Dhcp { step, reason: error.to_string() }
    };
    // Machines that restart after a power failure do not ask together.
    sleep(jitter::scaled(MAX_DELAY, 0.0, 1.0)).await;
    let socket = ServersSocket::open(client, link_local).await.map_err(failed("bind"))?;
    let transaction = fastrand::u32(..1 << 24);
    let (begun, mut pause, mut buffer) = (Instant::now(), jittered(FIRST_PAUSE), [0; LONGEST_MESSAGE]);
    loop {
        let elapsed = u16::try_from(begun.elapsed().as_millis() / 10).unwrap_or(u16::MAX);
        let request = message::request(transaction, duid, elapsed);
        // A link that is down for a while is no reason to give up.
        if let Err(error) = socket.send(&request).await {
            log::debug!("{}: DHCPv6 Information-request: {error}", client.name);
        }
        let until = Instant::now() + pause;
        while let Ok(received) = timeout_at(until, socket.receive(&mut buffer)).await {
            let (length, from) = received.map_err(failed("receive"))?;
            if let Some(reply) = message::reply(&buffer[..length], transaction, duid, from) {
                return Ok(told(reply));
            }
        }
        pause = next_pause(pause, longest_pause);
    }
}

/// The information in a message, if it is an answer.
pub(super) fn read(bytes: &[u8], transaction: u32, duid: &[u8], server: Ipv6Addr) -> Option<Information> {
    message::reply(bytes, transaction, duid, server).map(|reply| told(reply).information)
}

fn told(reply: message::Reply) -> Told {
    let seconds = reply.refresh.unwrap_or(REFRESH).max(LEAST_REFRESH);
    let longest_pause = reply.longest_pause.map(|seconds| Duration::from_secs(seconds.into()));
    Told { information: reply.information, holds: Duration::from_secs(seconds.into()), longest_pause }
}

/// Twice the last one, up to the longest, a tenth more or less (section 15).
fn next_pause(last: Duration, longest: Duration) -> Duration {
    let next = last + jittered(last);
    if next > longest { jittered(longest) } else { next }
}

fn jittered(pause: Duration) -> Duration {
    jitter::scaled(pause, 0.9, 1.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let (mut pause, mut sum) = (FIRST_PAUSE, Duration::ZERO);
        for _ in 0..40 {
            let next = next_pause(pause, LONGEST_PAUSE);
            let doubled = next >= pause.mul_f64(1.9) && next <= pause.mul_f64(2.1);
            let longest = next >= LONGEST_PAUSE.mul_f64(0.9) && next <= LONGEST_PAUSE.mul_f64(1.1);
            assert!(doubled || longest, "{pause:?} {next:?}");
            (pause, sum) = (next, sum + next);
        }
        assert!(pause >= LONGEST_PAUSE.mul_f64(0.9) && sum > LONGEST_PAUSE);
    }
}

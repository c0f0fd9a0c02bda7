//! Checks the packet captures: which connections were in plain text, and that no secret was sent.

use crate::judge::capture::{Session, Wire};
use crate::judge::secrets;
use crate::scenario::Scenario;
use crate::scenario::redfish;
use std::collections::BTreeSet;

/// Checks the traffic on the wires of a run.
pub fn judge(scenario: &Scenario, wire: &Wire, complaints: &mut Vec<String>) {
    let expect = scenario.expect.wire;
    all_or_none(expect.clear, wire, "NVMe commands in plain text", |session| session.clear > 0, complaints);
    all_or_none(expect.tls, wire, "a TLS handshake", |session| session.tls, complaints);
    found(scenario, wire, complaints);
}

fn all_or_none(
    wanted: Option<bool>,
    wire: &Wire,
    what: &str,
    shows: impl Fn(&Session) -> bool,
    complaints: &mut Vec<String>,
) {
    let Some(wanted) = wanted else { return };
    if wanted && wire.sessions.is_empty() {
        complaints.push(format!("the capture shows no connection at all, so not {what} either"));
    }
    let other: BTreeSet<_> = wire.sessions.iter().filter(|session| shows(session) != wanted).map(place).collect();
    for place in other {
        complaints.push(format!("the capture {} {what} {place}", if wanted { "does not show" } else { "shows" }));
    }
}

fn place(session: &Session) -> String {
    format!("from {} to {}", session.source.ip(), session.destination)
}

/// Checks that no secret was sent. The host NQN proves that the search works: the Connect command and a TLS handshake contain it in plain
/// text.
fn found(scenario: &Scenario, wire: &Wire, complaints: &mut Vec<String>) {
    if !secrets::any(scenario) {
        return;
    }
    let count = wire.found.iter().filter(|number| **number != secrets::NOT_SECRET).count();
    if count > 0 {
        complaints.push(format!("{count} of the secrets are in the packet capture"));
    }
    let https = |session: &Session| session.destination.port() == redfish::HTTPS;
    let named = wire.sessions.iter().any(|session| session.tls && !https(session) || session.clear > 1);
    if named && !wire.found.contains(&secrets::NOT_SECRET) {
        complaints.push("the search for secrets does not find the host NQN in the packet capture".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(wire: &str) -> Scenario {
        toml::from_str(&format!(
            "summary = 's'\ntables = [{{ hostnqn = 'nqn.h' }}]\n\
             extra = [{{ path = 'k', text = 'DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:' }}]\n\
             expect = {{ outcome = 'fails', wire = {{ {wire} }} }}"
        ))
        .expect("it is a scenario")
    }

    fn session(tls: bool, clear: usize) -> Session {
        Session {
            source: "192.0.2.2:49152".parse().expect("an address"),
            destination: "192.0.2.1:4420".parse().expect("an address"),
            header_digest: false,
            data_digest: false,
            tls,
            clear,
            ended: false,
        }
    }

    fn judged(expect: &str, sessions: &[Session], found: &[usize]) -> Vec<String> {
        let wire = Wire { sessions: sessions.to_vec(), found: found.iter().copied().collect() };
        let mut complaints = Vec::new();
        judge(&scenario(expect), &wire, &mut complaints);
        complaints
    }

    #[test]
    fn what_is_in_plain_text_is_judged() {
        let (plain, secured) = (session(false, 9), session(true, 0));
        assert_eq!(judged("clear = true, tls = false", std::slice::from_ref(&plain), &[0]), [""; 0]);
        assert_eq!(judged("clear = false, tls = true", &[secured.clone(), secured.clone()], &[0]), [""; 0]);
        assert_eq!(judged("clear = false", &[], &[]), [""; 0]);
        assert_eq!(
            judged("clear = true", &[], &[]),
            ["the capture shows no connection at all, so not NVMe commands in plain text either"]
        );
        assert_eq!(
            judged("clear = false, tls = true", &[secured, plain.clone(), plain], &[0]),
            [
                "the capture shows NVMe commands in plain text from 192.0.2.2 to 192.0.2.1:4420",
                "the capture does not show a TLS handshake from 192.0.2.2 to 192.0.2.1:4420",
            ]
        );
    }

    #[test]
    fn a_secret_on_the_wire_is_found_and_so_is_a_search_that_finds_nothing() {
        assert_eq!(
            judged("", &[session(false, 2)], &[2]),
            [
                "1 of the secrets are in the packet capture",
                "the search for secrets does not find the host NQN in the packet capture",
            ]
        );
    }
}

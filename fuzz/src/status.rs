//! Turns the fuzzer's bytes into a status file, and checks what the commands make of it.

use libnbft::model::{
    Hfi, HfiTcp, HfiTcpFlags, Host, IpOrigin, Mac, NidType, Nqn, Ssns, SsnsFlags, Table, TransportType, Uuid,
};
use libnbft::plan::{Options, Plan, Source};
use libnbft::text::is_harmless;
use nbft_connect::commands::status::fuzz;
use std::net::Ipv4Addr;

/// A value of the file may come out in several places, and escaped in four bytes for one.
const MOST: usize = 32;

/// Beside what the plan itself makes of it.
const OWN: usize = 64 << 10;

/// The plan beside which the file lies: one NIC with a lease, two paths.
fn plan() -> Plan {
    let mut table = Table::default();
    let mut host = Host::default();
    (host.id, host.nqn) = (Uuid([0x22; 16]), Some(Nqn("nqn.2014-08.org.example:host".into())));
    table.host = Some(host);
    let mut tcp = HfiTcp::default();
    tcp.mac = Mac([2, 0, 0, 0, 0, 1]);
    (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID.with(HfiTcpFlags::DHCP_OVERRIDE), IpOrigin::DHCP);
    (tcp.ip, tcp.prefix) = (Ipv4Addr::new(192, 0, 2, 10).into(), 24);
    let mut hfi = Hfi::default();
    (hfi.index, hfi.transport, hfi.tcp) = (1, TransportType::TCP, Some(tcp));
    table.hfis.push(hfi);
    for index in 1..=2 {
        let mut ssns = Ssns::default();
        (ssns.index, ssns.flags, ssns.transport, ssns.primary_hfi) = (index, SsnsFlags::VALID, TransportType::TCP, 1);
        ssns.traddr = Some(Ipv4Addr::new(192, 0, 2, index as u8).into());
        (ssns.nsid, ssns.nqn) = (1, Some(Nqn("nqn.2014-08.org.example:disk".into())));
        (ssns.nid_type, ssns.nid) = (NidType::UUID, [0xcc; 16]);
        table.ssns.push(ssns);
    }
    Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default())
}

/// Whether a terminal and a reader of lines get text and nothing else.
fn is_text(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || is_harmless(c))
}

/// Follows the bytes to all that comes of them.
///
/// # Panics
///
/// When something comes of them that must not.
pub fn follow(input: &[u8]) {
    let plan = plan();
    let derived = match fuzz::derive(input, &plan) {
        Ok(derived) => derived,
        Err(why) => {
            let why = why.to_string();
            return assert!(is_text(&why) && why.len() < 256, "{why:?}");
        }
    };
    let all = || [&derived.text, &derived.json].into_iter().chain(derived.exports.iter().map(|(_, content)| content));
    for text in all() {
        assert!(is_text(text), "{text:?}");
        assert!(text.len() <= MOST * input.len() + OWN, "{} bytes of {}", text.len(), input.len());
    }
    assert!(
        derived.exports.iter().all(|(name, _)| !name.contains(['/', '\n']) && is_text(name)),
        "{:?}",
        derived.exports
    );
    assert!(matches!(derived.exit, 0 | 1 | 3 | 4), "{}", derived.exit);
    // What was kept is in its form: nothing more is dropped of it.
    let again = fuzz::derive(derived.json.as_bytes(), &plan).expect("it reads its own JSON");
    assert_eq!(again.dropped, [""; 0]);
    assert_eq!(again.text, derived.text);
}

/// The file as it begins, and with something in each place.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let begun = fuzz::seed(&plan());
    let lease = r#""lease": {"address": "192.0.2.77", "prefix": 24, "server": "192.0.2.1", "granted_at": 5, "seconds": 3600,
        "renew_seconds": 1800, "rebind_seconds": 3150, "routes": [{"destination": "0.0.0.0", "prefix": 0, "gateway": "192.0.2.1"}],
        "dns": ["192.0.2.53"], "domains": ["example.net"], "ntp": [], "mtu": 1500, "host_name": "host", "root_path": null}"#;
    let up = begun.replace("\"pending\"", "\"up\"").replace("\"reason\": null", "\"reason\": \"it is so\"");
    // What else a path and an interface may have.
    let told = r#""renewed_by": "nbft""#;
    let secured = r#""security": "authentication required", "authenticated": "SHA-256", "secured": "TLS 1.3", "controller": "nvme0""#;
    let up = up.replace("\"controller\": null", secured);
    vec![
        begun.clone().into_bytes(),
        up.into_bytes(),
        begun.replace("\"ready_ms\": null", &format!("\"ready_ms\": 9, {lease}, {told}")).into_bytes(),
    ]
}

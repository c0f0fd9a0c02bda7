//! Tests whole plans with discovery controllers, before and after these have answered.

use super::*;
use crate::discovery_log::{Header, LEN, Log};
use crate::model::{Nqn, Ssns, SsnsFlags, Table};
use crate::plan::tests::{HOST, NQN, hfi, ip, left_out, plan, ssns, table, text};
use crate::plan::{EntryReason, Path, PolicyError};
use alloc::string::ToString;

mod log_pages;

fn discovery(index: u8, hfi: u8, uri: &str) -> Discovery {
    Discovery { index, hfi, uri: Some(uri.into()), ..Discovery::default() }
}

/// An SSNS that came from discovery descriptor 1.
fn came_from_it(traddr: &str) -> Ssns {
    Ssns { primary_discovery: 1, ..ssns(1, traddr, 1, &[]) }
}

/// A log page with these entries: subsystem type, address, port, NQN.
fn log(entries: &[(u8, &str, &str, &str)]) -> Log {
    let mut log = Log::new(Header { generation: 1, records: entries.len() as u64 });
    for (kind, address, port, nqn) in entries {
        let mut bytes = [0; LEN];
        let family = if address.contains(':') { 2 } else { 1 };
        bytes[..3].copy_from_slice(&[3, family, *kind]);
        for (at, text) in [(32, port), (256, nqn), (512, address)] {
            bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        log.take(&bytes);
    }
    assert_eq!((log.entries.len(), log.is_whole()), (entries.len(), true));
    log
}

fn two_nics() -> Table {
    table(vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "198.51.100.2", 24)], vec![])
}

const INTERFACES: &str = "
Interfaces
  nbft0 MAC 52:54:00:00:00:03 PCI 0000:00:03.0
    nbft0 static 192.0.2.2/24 (NBFT1 HFI 1, metric 500, route table 20000)
  nbft1 MAC 52:54:00:00:00:04 PCI 0000:00:04.0
    nbft1 static 198.51.100.2/24 (NBFT1 HFI 2, metric 501, route table 20001)
";

fn entry_left_out(nqn: &str, address: &str, port: u16, reason: EntryReason) -> EntryLeftOut {
    EntryLeftOut::Port { nqn: nqn.into(), address: ip(address).raw(), port, reason }
}

fn no_hfi_of_family(address: &str) -> EntryReason {
    EntryReason::HfiNoneOfFamily(ip(address).raw())
}

#[test]
fn a_reason_in_a_log_page_is_told_with_its_port() {
    let left_out = entry_left_out(NQN, "2001:db8::1", 4420, no_hfi_of_family("2001:db8::1"));
    assert_eq!(
        left_out.to_string(),
        format!("{NQN} at 2001:db8::1 port 4420: no HFI has an address of 2001:db8::1's family")
    );
    assert_eq!(left_out.code(), "hfi-none-of-family");
}

#[test]
fn one_that_nothing_came_from_is_asked_at_once() {
    let mut table = two_nics();
    table.discovery = vec![discovery(1, 2, "nvme+tcp://198.51.100.1/")];
    // An attempt of firmware that failed before discovery covers no path.
    let mut attempt = came_from_it("198.51.100.1");
    attempt.nqn = Some(Nqn(DISCOVERY_NQN.into()));
    table.ssns.push(attempt);
    let expected = HOST.to_string()
        + INTERFACES
        + "
Discovery controllers
  198.51.100.1 port 8009 over nbft1 from 198.51.100.2, on the link
    nqn.2014-08.org.nvmexpress.discovery (NBFT1 discovery 1)
    asked at once: no subsystem that came from it is in the plan

Left out
  NBFT1 SSNS 1: its NQN is the discovery NQN: an attempt of the firmware that failed before discovery
";
    assert_eq!(text(&[&table]), expected);
    assert!(plan(&[&table]).boots_by_discovery());
}

#[test]
fn one_whose_subsystem_is_planned_is_a_fall_back() {
    let mut table = two_nics();
    table.ssns.push(came_from_it("192.0.2.1"));
    let mut own_name = discovery(1, 1, "nvme+tcp://192.0.2.9:8010/");
    own_name.nqn = Some(Nqn("nqn.2014-08.org.example:cdc".into()));
    // Firmware writes a descriptor for each of its drivers.
    let again = Discovery { index: 2, ..own_name.clone() };
    table.discovery = vec![own_name, again];
    let expected = HOST.to_string()
        + INTERFACES
        + "
Paths
  192.0.2.1 port 4420 over nbft0 from 192.0.2.2, on the link
    nqn.2014-08.org.example:s (NBFT1 SSNS 1)

Namespaces
  uuid aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa, NSID 1 of nqn.2014-08.org.example:s, 1 path(s), waited for

Discovery controllers
  192.0.2.9 port 8010 over nbft0 from 192.0.2.2, on the link
    nqn.2014-08.org.example:cdc (NBFT1 discovery 1, NBFT1 discovery 2)
    asked when a subsystem that came from it does not answer (NBFT1 SSNS 1)
";
    assert_eq!(text(&[&table]), expected);
    assert!(!plan(&[&table]).boots_by_discovery());
}

#[test]
fn who_has_neither_namespace_nor_discovery_boots_by_none() {
    assert!(!plan(&[&two_nics()]).boots_by_discovery());
    // One controller is asked immediately, but booting waits for a namespace of the table.
    let mut table = two_nics();
    table.ssns.push(ssns(1, "192.0.2.1", 1, &[]));
    table.discovery = vec![discovery(1, 2, "nvme+tcp://198.51.100.1/")];
    let planned = plan(&[&table]);
    assert_eq!(
        planned.discovery.iter().map(|controller| controller.mode).collect::<Vec<_>>(),
        [DiscoveryMode::Immediate]
    );
    assert!(!planned.boots_by_discovery());
}

#[test]
fn what_is_never_asked() {
    let with = |change: fn(&mut Discovery)| {
        let mut table = two_nics();
        let mut one = discovery(1, 1, "nvme+tcp://192.0.2.1/");
        change(&mut one);
        table.discovery.push(one);
        left_out(&table)
    };
    type Case = (fn(&mut Discovery), &'static str);
    let cases: [Case; 7] = [
        (|d| d.uri = None, "it has no address that can be read"),
        (
            |d| d.uri = Some("nvme+rdma://192.0.2.1/".into()),
            "its address cannot be used: \"nvme+rdma://192.0.2.1/\" is not a URI of the form nvme+tcp://ADDRESS[:PORT]/",
        ),
        (
            |d| d.uri = Some("nvme+tcp://0.0.0.0/".into()),
            "its address 0.0.0.0 cannot be used: it is the unspecified address",
        ),
        (
            |d| d.uri = Some("nvme+tcp://cdc.example/".into()),
            "its address cdc.example is a name, and names are not resolved",
        ),
        (|d| d.nqn = Some(Nqn("nqn.x:a,discovery".into())), "its NQN holds ',', which cannot be passed to the kernel"),
        (
            |d| d.security = 1,
            "it names security profile 1, which the table does not hold; it is not asked in plaintext",
        ),
        (|d| d.hfi = 9, "HFI 9 cannot be used: it is not in the table"),
    ];
    for (change, reason) in cases {
        assert_eq!(with(change), [format!("discovery 1: {reason}")]);
    }
    assert_eq!(
        with(|d| d.uri = Some("nvme+tcp://[2001:db8::1]/".into())),
        ["discovery 1: HFI 1 has no address of 2001:db8::1's family"]
    );
}

#[test]
fn the_hfi_is_chosen_as_for_a_subsystem() {
    let mut table =
        table(vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 3, "2001:db8:1::2", 64), hfi(3, 4, "2001:db8:1::3", 64)], vec![]);
    table.discovery =
        vec![discovery(1, 1, "nvme+tcp://[2001:db8:1::1]:4420/"), discovery(2, 0, "nvme+tcp://192.0.2.1/")];
    let planned = plan(&[&table]);
    let chosen: Vec<_> =
        planned.discovery.iter().map(|c| (c.host_traddr, c.host_iface.as_str(), c.trsvcid, c.reach)).collect();
    let expected = [
        (ip("2001:db8:1::2").get(), "nbft0", 4420, Reach::OnLink),
        (ip("192.0.2.2").get(), "nbft0", 8009, Reach::OnLink),
    ];
    assert_eq!(chosen, expected);
}

#[test]
fn routes_lead_to_it() {
    let mut behind = hfi(1, 3, "192.0.2.2", 24);
    behind.tcp.as_mut().unwrap().gateway = ip("192.0.2.254");
    let mut table = table(vec![behind], vec![]);
    table.discovery = vec![discovery(1, 1, "nvme+tcp://203.0.113.1/")];
    let planned = plan(&[&table]);
    let mut added = Additions::default();
    let route = |target: &str| format!("{}/32 via {}", target, "192.0.2.254");
    let routes = |plan: &Plan| -> Vec<String> {
        let routes = &plan.interfaces[0].links[0].networks[0].routes;
        routes.iter().map(|r| format!("{}/{} via {}", r.destination, r.prefix, r.gateway.unwrap())).collect()
    };
    assert_eq!(routes(&planned), [route("203.0.113.1")]);
    let asked = planned.discovery[0].clone();
    planned.discover(&mut added, &asked, &log(&[(2, "203.0.113.7", "4420", NQN)]), &[]);
    assert_eq!(routes(&planned.with(&added)), [route("203.0.113.7"), route("203.0.113.1")]);
    added.refer(&planned, DiscoveryController { traddr: ip("203.0.113.8").raw(), ..asked });
    assert_eq!(routes(&planned.with(&added)), [route("203.0.113.7"), route("203.0.113.1"), route("203.0.113.8")]);
}

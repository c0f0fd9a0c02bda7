//! Tests over which paths a plan reaches targets and namespaces, and what it leaves out.

use super::choices::flagged;
use super::*;
use crate::model::{DISCOVERY_NQN, Diagnostics, SsnsExt, SsnsExtFlags};
use alloc::format;

fn routed(index: u8, nic: u8, address: &str, prefix: u8, gateway: &str) -> Hfi {
    let mut hfi = hfi(index, nic, address, prefix);
    hfi.tcp.as_mut().unwrap().gateway = ip(gateway);
    hfi
}

fn vlan(mut hfi: Hfi, id: u16) -> Hfi {
    hfi.tcp.as_mut().unwrap().vlan = VlanId(id);
    hfi
}

/// A namespace that is identified by its NSID only.
pub(super) fn numbered(index: u16, nsid: u32) -> Ssns {
    Ssns { nsid, nid_type: NidType::NONE, nid: [0; 16], ..ssns(index, "192.0.2.1", 1, &[]) }
}

/// The routes of the first network, as text.
fn routes(table: &Table) -> Vec<String> {
    let planned = plan(&[table]);
    let routes = &planned.interfaces[0].links[0].networks[0].routes;
    let way = |route: &Route| route.gateway.map_or("link".into(), |gateway| gateway.to_string());
    routes.iter().map(|route| format!("{}/{} {}", route.destination, route.prefix, way(route))).collect()
}

/// Name of the link, and how the target is reached over it, of each path.
pub(super) fn reached(table: &Table) -> Vec<(String, Reach)> {
    plan(&[table]).paths.into_iter().map(|path| (path.host_iface, path.reach)).collect()
}

#[test]
fn a_gateway_is_used_as_far_as_it_can_be() {
    let target = || vec![ssns(1, "203.0.113.1", 1, &[])];
    let default = HfiTcpFlags::GLOBAL_ROUTE;
    let with = |gateway: &str| table(vec![flagged(routed(1, 3, "192.0.2.2", 24, gateway), default)], target());
    assert_eq!(routes(&with("192.0.2.254")), ["203.0.113.1/32 192.0.2.254", "0.0.0.0/0 192.0.2.254"]);
    let off_link = ["198.51.100.254/32 link", "203.0.113.1/32 198.51.100.254", "0.0.0.0/0 198.51.100.254"];
    assert_eq!(routes(&with("198.51.100.254")), off_link);
    assert_eq!(routes(&with("::")), [""; 0]);
    let other_family = with("2001:db8::1");
    assert_eq!(routes(&other_family), [""; 0]);
    let note = "NBFT1: HFI 1: gateway 2001:db8::1 is not used: it is of the other family";
    assert_eq!(plan(&[&other_family]).notes, [note]);
    let without_flag = table(vec![routed(1, 3, "192.0.2.2", 24, "192.0.2.254")], target());
    assert_eq!(routes(&without_flag), ["203.0.113.1/32 192.0.2.254"]);
    // A link-local gateway is on the link, whatever the subnet; an IPv4 one is not.
    let target6 = |traddr| vec![ssns(1, traddr, 1, &[])];
    let six = |traddr| table(vec![routed(1, 3, "2001:db8:1::2", 64, "fe80::1")], target6(traddr));
    assert_eq!(routes(&six("2001:db8:2::1")), ["2001:db8:2::1/128 fe80::1"]);
    assert_eq!(routes(&six("2001:db8:1::1")), [""; 0]);
    assert_eq!(routes(&six("fe80::9")), [""; 0]);
    assert_eq!(reached(&six("fe80::9")), [("nbft0".into(), Reach::OnLink)]);
    let four = table(vec![routed(1, 3, "192.0.2.2", 24, "169.254.0.1")], target());
    assert_eq!(routes(&four), ["169.254.0.1/32 link", "203.0.113.1/32 169.254.0.1"]);
}

#[test]
fn a_target_is_reached_as_well_as_it_can_be() {
    let one = |hfi: Hfi, traddr: &str| reached(&table(vec![hfi], vec![ssns(1, traddr, 1, &[])]));
    let nbft0 = |reach| [("nbft0".into(), reach)];
    // If no HFI has a route, each is tried.
    assert_eq!(one(hfi(1, 3, "192.0.2.2", 24), "203.0.113.1"), nbft0(Reach::NoRoute));
    assert_eq!(one(hfi(1, 3, "192.0.2.2", 24), "192.0.3.1"), nbft0(Reach::NoRoute));
    assert_eq!(one(hfi(1, 3, "192.0.2.2", 23), "192.0.3.1"), nbft0(Reach::OnLink));
    assert_eq!(one(hfi(1, 3, "192.0.2.2", 32), "192.0.2.1"), nbft0(Reach::OnLink));
    assert_eq!(one(hfi(1, 3, "2001:db8::2", 128), "2001:db8::1"), nbft0(Reach::NoRoute));
    assert_eq!(
        one(flagged(hfi(1, 3, "192.0.2.2", 24), HfiTcpFlags::DHCP_OVERRIDE), "203.0.113.1"),
        nbft0(Reach::Unknown)
    );
    assert_eq!(one(hfi(1, 3, "::", 0), "203.0.113.1"), nbft0(Reach::Unknown));
    assert_eq!(one(routed(1, 3, "192.0.2.2", 24, "192.0.2.254"), "203.0.113.1"), nbft0(Reach::Gateway));
    let single = table(vec![hfi(1, 3, "192.0.2.2", 0)], vec![ssns(1, "192.0.2.1", 1, &[])]);
    assert_eq!(routes(&single), ["192.0.2.1/32 link"]);
}

#[test]
fn an_entry_that_names_no_hfi_takes_each_that_serves() {
    let hfis = vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "2001:db8::2", 64), hfi(3, 5, "192.0.2.3", 24)];
    let reached = reached(&table(hfis, vec![ssns(1, "192.0.2.1", 0, &[])]));
    assert_eq!(reached, [("nbft0".into(), Reach::OnLink), ("nbft2".into(), Reach::OnLink)]);
}

#[test]
fn the_other_familys_hfi_is_taken_from_the_same_link_first() {
    let hfis = || {
        vec![
            vlan(hfi(1, 3, "192.0.2.2", 24), 10),
            hfi(2, 3, "2001:db8:1::2", 64),
            vlan(hfi(3, 3, "2001:db8:1::3", 64), 10),
        ]
    };
    let over = |hfis| reached(&table(hfis, vec![ssns(1, "2001:db8:1::1", 1, &[])]));
    assert_eq!(over(hfis()), [("nbft0.10".into(), Reach::OnLink)]);
    let mut away = hfis();
    away[2].tcp.as_mut().unwrap().ip = ip("2001:db8:2::3");
    assert_eq!(over(away), [("nbft0".into(), Reach::OnLink)]);
}

#[test]
fn entries_of_one_path_are_put_together() {
    let entry = |index: u16, flags: u16, digests: u16, timeout: u16| Ssns {
        nsid: index.into(),
        nid: [index as u8; 16],
        flags: SsnsFlags(flags),
        transport_flags: SsnsTransportFlags(digests),
        ext: Some(SsnsExt {
            diagnostics: Some(Diagnostics { connect_timeout: timeout, ..Diagnostics::default() }),
            ..SsnsExt::default()
        }),
        ..ssns(index, "192.0.2.1", 1, &[])
    };
    let path = |entries: Vec<Ssns>| {
        let paths = plan(&[&table(vec![hfi(1, 3, "192.0.2.2", 24)], entries)]).paths;
        assert_eq!(paths.len(), 1);
        (paths[0].hdr_digest, paths[0].data_digest, paths[0].unavailable, paths[0].timeout)
    };
    assert_eq!(path(vec![entry(1, 0x101, 0, 0)]), (false, false, true, None));
    assert_eq!(path(vec![entry(1, 0x101, 0, 9), entry(2, 0x101, 3, 0xffff)]), (true, false, true, Some(9)));
    assert_eq!(path(vec![entry(1, 0x101, 3, 9), entry(2, 1, 5, 12)]), (true, true, false, Some(12)));
    assert_eq!(path(vec![entry(1, 1, 5, 12), entry(2, 0x101, 1, 9)]), (false, true, false, Some(12)));
    assert_eq!(path(vec![entry(1, 1, 1, 0), entry(2, 1, 1, 0)]), (false, false, false, None));
}

#[test]
fn namespaces_are_told_apart_by_nid_or_nsid() {
    let namespaces = |entries: Vec<Ssns>| -> Vec<_> {
        let planned = plan(&[&table(vec![hfi(1, 3, "192.0.2.2", 24)], entries)]);
        let tell = |n: Namespace| (n.ssns.iter().map(|o| o.index).collect::<Vec<_>>(), n.nsid, n.nid.is_some(), n.boot);
        planned.namespaces.into_iter().map(tell).collect()
    };
    let numbers = vec![numbered(1, 1), numbered(2, 2), numbered(3, 1)];
    assert_eq!(namespaces(numbers), [(vec![1, 3], 1, false, true), (vec![2], 2, false, true)]);
    let named = |index: u16, nid: u8| Ssns { nid: [nid; 16], ..ssns(index, "192.0.2.1", 1, &[]) };
    assert_eq!(
        namespaces(vec![named(1, 1), named(2, 2), named(3, 1)]),
        [(vec![1, 3], 1, true, true), (vec![2], 1, true, true)]
    );
    let later = |entry: Ssns| Ssns { flags: SsnsFlags(3), ..entry };
    assert_eq!(namespaces(vec![later(numbered(1, 1)), named(2, 2)]), [(vec![1, 2], 1, true, true)]);
    assert_eq!(namespaces(vec![named(1, 2), later(numbered(2, 1))]), [(vec![1, 2], 1, true, true)]);
    let other = Ssns { nqn: Some(Nqn("nqn.2014-08.org.example:other".into())), ..named(2, 1) };
    assert_eq!(namespaces(vec![named(1, 1), other]), [(vec![1], 1, true, true), (vec![2], 1, true, true)]);
}

#[test]
fn what_is_left_out_tells_whether_booting_waits_for_it() {
    let entry =
        |flags: u16, nqn: &str| Ssns { flags: SsnsFlags(flags), nqn: Some(Nqn(nqn.into())), ..ssns(1, "::", 1, &[]) };
    let boot = |entry| {
        let planned = plan(&[&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![entry])]);
        assert_eq!((planned.paths.len(), planned.left_out.len()), (0, 1));
        (planned.left_out[0].boot, planned.secured)
    };
    assert_eq!(boot(entry(1, NQN)), (true, vec![]));
    assert_eq!(boot(entry(3, NQN)), (false, vec![]));
    assert_eq!(boot(entry(0x101, NQN)), (false, vec![]));
    assert_eq!(boot(entry(1, DISCOVERY_NQN)), (false, vec![]));
    let secured = Secured { nqn: NQN.into(), policy: Err(PolicyError::ProfileMissing(0)) };
    assert_eq!(boot(entry(5, NQN)), (true, vec![secured.clone()]));
    assert_eq!(boot(entry(5, DISCOVERY_NQN)), (false, vec![]));
    let twice = table(vec![], vec![entry(5, NQN), entry(5, NQN)]);
    assert_eq!(plan(&[&twice]).secured, [secured]);
    let missing = plan(&[&table(vec![], vec![ssns(1, "192.0.2.1", 9, &[])])]);
    assert_eq!(missing.left_out.iter().map(|left| left.boot).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn names_that_the_kernel_would_not_take() {
    let reason = |nqn: &str| {
        let entry = Ssns { nqn: Some(Nqn(nqn.into())), ..ssns(1, "192.0.2.1", 1, &[]) };
        left_out(&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![entry]))
    };
    assert_eq!(reason(&"x".repeat(223)), [""; 0]);
    for length in [224, 225] {
        let expected = format!("SSNS 1: its NQN is {length} bytes long, above 223");
        assert_eq!(reason(&"x".repeat(length)), [expected]);
    }
    assert_eq!(reason(""), ["SSNS 1: its NQN is empty"]);
    for c in [',', ' ', '\u{a0}', '\n', '\u{85}', '\u{fffd}'] {
        let expected = format!("SSNS 1: its NQN holds {c:?}, which cannot be passed to the kernel");
        assert_eq!(reason(&format!("nqn.x:a{c}b")), [expected]);
    }
}

#[test]
fn what_linux_has_no_option_for_is_noted() {
    let notes = |flags: u32, asqsz: u16, controller_id: u16| {
        let ext = SsnsExt { flags: SsnsExtFlags(flags), asqsz, controller_id, ..SsnsExt::default() };
        let entry = Ssns { ext: Some(ext), ..ssns(1, "192.0.2.1", 1, &[]) };
        plan(&[&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![entry])]).notes
    };
    let asqsz = "NBFT1: SSNS 1: ASQSZ 32 is not passed on: Linux has no option for it";
    let controller = "NBFT1: SSNS 1: controller ID 5 is not passed on: Linux has no option for it";
    assert_eq!(notes(3, 32, 5), [asqsz, controller]);
    assert_eq!(notes(1, 32, 5), [controller]);
    assert_eq!(notes(3, 0, 0), [""; 0]);
    assert_eq!(notes(3, 32, 0), [asqsz]);
}

#[test]
fn a_router_may_tell_an_ipv6_hfi_a_route_that_the_table_does_not() {
    let hfis = vec![hfi(1, 3, "2001:db8:1::2", 64), hfi(2, 4, "2001:db8:2::2", 64)];
    let near = ssns(1, "2001:db8:1::1", 1, &[2]);
    let paths = |entries: Vec<Ssns>| -> Vec<_> {
        let plan = plan(&[&table(hfis.clone(), entries)]);
        assert_eq!(plan.left_out, []);
        plan.paths.into_iter().map(|path| (path.host_iface, path.reach, path.spare)).collect()
    };
    let expected = [("nbft0".to_string(), Reach::OnLink, false), ("nbft1".to_string(), Reach::NoRoute, true)];
    assert_eq!(paths(vec![near.clone()]), expected);
    // Booting waits for this path if its entry has no better HFI.
    let alone = ssns(2, "2001:db8:1::1", 2, &[]);
    assert_eq!(paths(vec![near, alone])[1], ("nbft1".to_string(), Reach::NoRoute, false));
}

//! Tests whole plans, compared as text.

mod bonds;
mod bounds;
mod choices;
mod names;
mod unusable;
mod ways;

use super::*;
use crate::model::{
    Hfi, HfiTcp, HfiTcpFlags, Host, HostFlags, NidType, Nqn, Ssns, SsnsFlags, SsnsTransportFlags, TransportType, VlanId,
};
use alloc::string::ToString;
use alloc::vec;
use core::net::IpAddr;

pub(super) const NQN: &str = "nqn.2014-08.org.example:s";

pub(super) fn ip(text: &str) -> crate::model::Address {
    text.parse::<IpAddr>().unwrap().into()
}

fn host(table: &mut Table, nqn: &str, id: [u8; 16]) {
    table.host = Some(Host { flags: HostFlags(7), id: Uuid(id), nqn: Some(Nqn(nqn.into())) });
}

/// An HFI of NIC `nic` (MAC and PCI device) with a static address.
pub(super) fn hfi(index: u8, nic: u8, address: &str, prefix: u8) -> Hfi {
    let tcp = HfiTcp {
        version: 1,
        info_version: 1,
        hfi_index: index.into(),
        flags: HfiTcpFlags::VALID,
        routing_id: u32::from(nic) << 3,
        mac: Mac([0x52, 0x54, 0, 0, 0, nic]),
        ip: ip(address),
        prefix,
        ..HfiTcp::default()
    };
    Hfi { index, transport: TransportType::TCP, tcp: Some(tcp), ..Hfi::default() }
}

pub(super) fn ssns(index: u16, traddr: &str, primary: u8, secondaries: &[u8]) -> Ssns {
    Ssns {
        index,
        flags: SsnsFlags::VALID,
        transport: TransportType::TCP,
        traddr: Some(ip(traddr)),
        trsvcid: Some("4420".into()),
        nsid: 1,
        nid_type: NidType::UUID,
        nid: [0xaa; 16],
        primary_hfi: primary,
        secondary_hfis: secondaries.to_vec(),
        nqn: Some(Nqn(NQN.into())),
        ..Ssns::default()
    }
}

pub(super) fn table(hfis: Vec<Hfi>, ssns: Vec<Ssns>) -> Table {
    let mut table = Table { hfis, ssns, ..Table::default() };
    host(&mut table, "nqn.2014-08.org.example:h", [0x11; 16]);
    table
}

pub(super) fn plan(tables: &[&Table]) -> Plan {
    let names: Vec<_> = (1..=tables.len()).map(|number| alloc::format!("NBFT{number}")).collect();
    let sources: Vec<_> = tables.iter().zip(&names).map(|(table, name)| Source { name, table }).collect();
    Plan::new(&sources, &Options::default())
}

pub(super) fn text(tables: &[&Table]) -> String {
    plan(tables).to_string()
}

pub(super) fn left_out(table: &Table) -> Vec<String> {
    plan(&[table])
        .left_out
        .iter()
        .map(|left| alloc::format!("{} {}: {}", left.item, left.origin.index, left.reason))
        .collect()
}

pub(super) const HOST: &str = "Host nqn.2014-08.org.example:h
     ID 11111111-1111-1111-1111-111111111111 (from NBFT1's host descriptor)
";

#[test]
fn one_path() {
    let table = table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![ssns(1, "192.0.2.1", 1, &[1, 0])]);
    let expected = HOST.to_string()
        + "
Interfaces
  nbft0 MAC 52:54:00:00:00:03 PCI 0000:00:03.0
    nbft0 static 192.0.2.2/24 (NBFT1 HFI 1, metric 500, route table 20000)

Paths
  192.0.2.1 port 4420 over nbft0 from 192.0.2.2, on the link
    nqn.2014-08.org.example:s (NBFT1 SSNS 1)

Namespaces
  uuid aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa, NSID 1 of nqn.2014-08.org.example:s, 1 path(s), waited for
";
    assert_eq!(text(&[&table]), expected);
}

#[test]
fn an_hfi_without_a_route_gives_way_to_one_that_has_one() {
    let hfis = vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "198.51.100.2", 24)];
    let table = table(hfis, vec![ssns(1, "192.0.2.1", 1, &[]), ssns(2, "198.51.100.1", 1, &[2])]);
    let expected = HOST.to_string()
        + "
Interfaces
  nbft0 MAC 52:54:00:00:00:03 PCI 0000:00:03.0
    nbft0 static 192.0.2.2/24 (NBFT1 HFI 1, metric 500, route table 20000)
  nbft1 MAC 52:54:00:00:00:04 PCI 0000:00:04.0
    nbft1 static 198.51.100.2/24 (NBFT1 HFI 2, metric 501, route table 20001)

Paths
  192.0.2.1 port 4420 over nbft0 from 192.0.2.2, on the link
    nqn.2014-08.org.example:s (NBFT1 SSNS 1)
  198.51.100.1 port 4420 over nbft1 from 198.51.100.2, on the link
    nqn.2014-08.org.example:s (NBFT1 SSNS 2)

Namespaces
  uuid aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa, NSID 1 of nqn.2014-08.org.example:s, 2 path(s), waited for

Left out
  NBFT1 SSNS 2 over HFI 1: HFI 1 has no route to 198.51.100.1 and another HFI has
";
    assert_eq!(text(&[&table]), expected);
}

#[test]
fn gateway_default_route_vlan_and_digests() {
    let mut routed = hfi(1, 3, "192.0.2.2", 24);
    let tcp = routed.tcp.as_mut().unwrap();
    tcp.gateway = ip("192.0.2.254");
    tcp.flags = HfiTcpFlags::VALID.with(HfiTcpFlags::GLOBAL_ROUTE);
    tcp.vlan = VlanId(10);
    tcp.route_metric = 100;
    let mut target = ssns(1, "203.0.113.1", 1, &[]);
    target.transport_flags = SsnsTransportFlags(7);
    let expected = HOST.to_string()
        + "
Interfaces
  nbft0 MAC 52:54:00:00:00:03 PCI 0000:00:03.0
    nbft0.10 static 192.0.2.2/24 (NBFT1 HFI 1, metric 100, route table 20000)
      route 203.0.113.1/32 via 192.0.2.254
      route default via 192.0.2.254

Paths
  203.0.113.1 port 4420 over nbft0.10 from 192.0.2.2, through the gateway, header digest, data digest
    nqn.2014-08.org.example:s (NBFT1 SSNS 1)

Namespaces
  uuid aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa, NSID 1 of nqn.2014-08.org.example:s, 1 path(s), waited for
";
    assert_eq!(text(&[&table(vec![routed], vec![target])]), expected);
}

#[test]
fn prefix_zero() {
    let mut host_only = hfi(1, 3, "192.0.2.2", 0);
    host_only.tcp.as_mut().unwrap().gateway = ip("192.0.2.254");
    let v6 = hfi(2, 4, "2001:db8:1::2", 0);
    let planned = plan(&[&table(vec![host_only, v6], vec![ssns(1, "192.0.2.1", 1, &[])])]);
    let networks: Vec<_> = planned.interfaces.iter().map(|i| &i.links[0].networks[0]).collect();
    assert_eq!((networks[0].prefix, networks[1].prefix), (32, 64));
    let target = Route { destination: ip("192.0.2.1").raw(), prefix: 32, gateway: ip("192.0.2.254").get() };
    let gateway = Route { destination: ip("192.0.2.254").raw(), prefix: 32, gateway: None };
    assert_eq!(networks[0].routes, [gateway, target]);
}

#[test]
fn an_ipv6_target_over_an_ipv4_hfi_takes_the_nics_ipv6_hfi() {
    let hfis = vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 3, "2001:db8:1::2", 64), hfi(3, 4, "2001:db8:1::3", 64)];
    let planned = plan(&[&table(hfis, vec![ssns(1, "2001:db8:1::1", 1, &[])])]);
    assert_eq!(planned.paths.len(), 1);
    assert_eq!(planned.paths[0].host_traddr, ip("2001:db8:1::2").get());
    assert_eq!(planned.interfaces[0].links.len(), 1, "two HFIs of one NIC are one link");
}

#[test]
fn a_broken_hfi_shifts_no_name() {
    let mut broken = hfi(1, 3, "192.0.2.2", 24);
    broken.tcp.as_mut().unwrap().vlan = VlanId(4095);
    let planned = plan(&[&table(vec![broken, hfi(2, 4, "192.0.2.3", 24)], vec![ssns(1, "192.0.2.1", 1, &[2])])]);
    assert_eq!(planned.paths[0].host_iface, "nbft1");
    let broken = &planned.left_out[0];
    assert_eq!((broken.item, broken.reason.clone()), (Item::Hfi, Reason::VlanOutside(4095)));
    assert_eq!(broken.reason.to_string(), "its VLAN ID 4095 is outside 1-4094");
}

#[test]
fn entries_that_are_never_connected() {
    let with = |change: fn(&mut Ssns)| {
        let mut entry = ssns(1, "192.0.2.1", 1, &[]);
        change(&mut entry);
        left_out(&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![entry]))
    };
    type Case = (fn(&mut Ssns), &'static str);
    let cases: [Case; 7] = [
        (
            |s| s.nqn = Some(Nqn(crate::model::DISCOVERY_NQN.into())),
            "its NQN is the discovery NQN: an attempt of the firmware that failed before discovery",
        ),
        (
            |s| s.flags = SsnsFlags(5),
            "it names security profile 0, which the table does not hold; it is not connected in plaintext",
        ),
        (
            |s| s.nqn = Some(Nqn("nqn.x:a,duplicate_connect".into())),
            "its NQN holds ',', which cannot be passed to the kernel",
        ),
        (|s| s.traddr = None, "it has no transport address that can be read"),
        (|s| s.trsvcid = Some("44200000".into()), "its transport service ID \"44200000\" is not a TCP port"),
        (|s| s.trsvcid = Some("+4420".into()), "its transport service ID \"+4420\" is not a TCP port"),
        (|s| s.transport = TransportType(1), "its transport type is 0x1, not NVMe/TCP"),
    ];
    for (change, reason) in cases {
        assert_eq!(with(change), [alloc::format!("SSNS 1: {reason}")]);
    }
    let dangling = left_out(&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![ssns(1, "192.0.2.1", 9, &[])]));
    let reasons = [
        "SSNS over HFI 9 1: HFI 9 cannot be used: it is not in the table",
        "SSNS 1: no HFI is left over which it can be reached",
    ];
    assert_eq!(dangling, reasons);
}

#[test]
fn multipath_in_three_ways_is_one_namespace() {
    let hfis = || vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "192.0.2.3", 24)];
    let secondary = table(hfis(), vec![ssns(1, "192.0.2.1", 1, &[2])]);
    let several = table(hfis(), vec![ssns(1, "192.0.2.1", 1, &[]), ssns(2, "192.0.2.1", 2, &[])]);
    let (one, two) = (
        table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![ssns(1, "192.0.2.1", 1, &[])]),
        table(vec![hfi(1, 4, "192.0.2.3", 24)], vec![ssns(1, "192.0.2.1", 1, &[])]),
    );
    for planned in [plan(&[&secondary]), plan(&[&several]), plan(&[&one, &two])] {
        let ifaces: Vec<_> = planned.paths.iter().map(|path| path.host_iface.as_str()).collect();
        assert_eq!(ifaces, ["nbft0", "nbft1"]);
        assert_eq!(planned.namespaces.len(), 1);
        assert_eq!(planned.namespaces[0].paths, [0, 1]);
    }
}

#[test]
fn unavailable_and_non_bootable_entries_are_not_waited_for() {
    let mut unavailable = ssns(2, "192.0.2.9", 1, &[]);
    unavailable.flags = SsnsFlags(0x101);
    (unavailable.nsid, unavailable.nid) = (0, [0; 16]);
    let mut home = ssns(3, "192.0.2.1", 1, &[]);
    home.flags = SsnsFlags::NON_BOOTABLE;
    (home.nsid, home.nid) = (2, [0xbb; 16]);
    let planned =
        plan(&[&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![ssns(1, "192.0.2.1", 1, &[]), unavailable, home])]);
    let namespaces: Vec<_> = planned.namespaces.iter().map(|n| (n.nsid, n.boot, n.paths.clone())).collect();
    assert_eq!(namespaces, [(1, true, vec![0, 1]), (2, false, vec![0])]);
    assert_eq!(planned.paths.iter().map(|path| path.unavailable).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn the_host_is_the_selected_tables() {
    let mut first = table(vec![], vec![]);
    let mut second = table(vec![], vec![]);
    host(&mut second, "nqn.2014-08.org.example:second", [0x22; 16]);
    second.host.as_mut().unwrap().flags = HostFlags(0x17);
    assert_eq!(plan(&[&first, &second]).host.unwrap().nqn, "nqn.2014-08.org.example:second");
    host(&mut first, "nqn.2014-08.org.nvmexpress:uuid:00112233-4455-6677-8899-aabbccddeeff", [0; 16]);
    let planned = plan(&[&first]);
    assert_eq!(planned.host.unwrap().id.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
    assert_eq!(
        planned.notes,
        [
            "the host ID 00000000-0000-0000-0000-000000000000 is a placeholder: 00112233-4455-6677-8899-aabbccddeeff of the NQN is used"
        ]
    );
    // A first byte of 00 is no placeholder.
    host(&mut first, "nqn.2014-08.org.example:h", *b"\0abcdefghijklmno");
    assert_eq!(plan(&[&first]).host.unwrap().id.0, *b"\0abcdefghijklmno");
}

#[test]
fn a_host_nqn_that_would_add_an_option_is_not_used() {
    let mut evil = table(vec![], vec![]);
    host(&mut evil, "nqn.x:h,ctrl_loss_tmo=1", [0x11; 16]);
    let planned = plan(&[&evil]);
    assert_eq!(planned.host.unwrap().nqn, "nqn.2014-08.org.nvmexpress:uuid:11111111-1111-1111-1111-111111111111");
}

#[test]
fn options_override_the_pair_together() {
    let table = table(vec![], vec![]);
    let source = Source { name: "NBFT", table: &table };
    let nqn = "nqn.2014-08.org.nvmexpress:uuid:00112233-4455-6677-8899-aabbccddeeff";
    let options = Options { hostnqn: Some(nqn.into()), hostid: None, ..Options::default() };
    let host = Plan::new(&[source], &options).host.unwrap();
    assert_eq!((host.nqn.as_str(), host.id.to_string().as_str()), (nqn, "00112233-4455-6677-8899-aabbccddeeff"));
}

#[test]
fn methods_follow_flags_and_origin() {
    use crate::model::IpOrigin;
    let method = |address: &str, flags: u8, origin: u8, target: &str| {
        let mut one = hfi(1, 3, address, 24);
        let tcp = one.tcp.as_mut().unwrap();
        (tcp.flags, tcp.ip_origin) = (HfiTcpFlags(flags), IpOrigin(origin));
        plan(&[&table(vec![one], vec![ssns(1, target, 1, &[])])]).interfaces[0].links[0].networks[0].method
    };
    assert_eq!(method("192.0.2.2", 1, 82, "192.0.2.1"), Method::Static);
    assert_eq!(method("192.0.2.2", 5, 82, "192.0.2.1"), Method::Dhcp4);
    assert_eq!(method("192.0.2.2", 1, 3, "192.0.2.1"), Method::Dhcp4);
    assert_eq!(method("2001:db8::2", 5, 3, "2001:db8::1"), Method::Dhcp6);
    assert_eq!(method("2001:db8::2", 9, 0, "2001:db8::1"), Method::Slaac);
    assert_eq!(method("::", 1, 0, "192.0.2.1"), Method::Dhcp4);
    assert_eq!(method("::", 1, 0, "2001:db8::1"), Method::Slaac);
}

#[test]
fn a_full_table_is_planned() {
    let hfis = (1..=4).map(|i| hfi(i, i, &alloc::format!("192.0.2.{i}"), 24)).collect();
    let entries = (1..=255)
        .map(|i| ssns(i, &alloc::format!("192.0.2.{}", i % 200 + 10), (i % 4 + 1) as u8, &[1, 2, 3, 4]))
        .collect();
    let planned = plan(&[&table(hfis, entries)]);
    assert_eq!((planned.paths.len(), planned.namespaces.len()), (800, 1));
}

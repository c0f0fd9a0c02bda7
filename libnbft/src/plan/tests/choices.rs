//! Tests the hosts and HFIs that a plan chooses if tables leave a choice, and the note on each choice.

use super::ways::{numbered, reached};
use super::*;
use crate::model::{Discovery, HfiExt, IpOrigin};
use alloc::format;

pub(super) fn flagged(mut hfi: Hfi, flags: HfiTcpFlags) -> Hfi {
    let tcp = hfi.tcp.as_mut().unwrap();
    tcp.flags = tcp.flags.with(flags);
    hfi
}

#[test]
fn hosts_that_differ_in_either_half_of_the_pair_are_told_of() {
    let (first, mut named, mut numbered) = (table(vec![], vec![]), table(vec![], vec![]), table(vec![], vec![]));
    host(&mut named, "nqn.2014-08.org.example:other", [0x11; 16]);
    host(&mut numbered, "nqn.2014-08.org.example:h", [0x22; 16]);
    let note = |nqn: &str| [format!("NBFT2's host {nqn} is not used: NBFT1's is, for the host has one identity")];
    assert_eq!(plan(&[&first, &named]).notes, note("nqn.2014-08.org.example:other"));
    assert_eq!(plan(&[&first, &numbered]).notes, note("nqn.2014-08.org.example:h"));
    assert_eq!(plan(&[&first, &first]).notes, [""; 0]);
    let mut nameless = first.clone();
    nameless.host.as_mut().unwrap().nqn = Some(Nqn(String::new()));
    let planned = plan(&[&nameless, &named]);
    assert_eq!(planned.host.unwrap().nqn, "nqn.2014-08.org.example:other");
    assert_eq!(planned.notes, ["NBFT1's host  is not used: NBFT2's is, for the host has one identity"]);
    let (mut one, mut two) = (first, named);
    for table in [&mut one, &mut two] {
        table.host.as_mut().unwrap().flags = HostFlags(0x17);
    }
    let planned = plan(&[&one, &two]);
    assert_eq!(planned.host.unwrap().nqn, "nqn.2014-08.org.example:h");
    let several = "several tables claim the primary administrative host: NBFT1's is taken".into();
    assert_eq!(planned.notes, [[several], note("nqn.2014-08.org.example:other")].concat());
}

#[test]
fn a_host_without_an_id_is_none() {
    let mut table = table(vec![], vec![]);
    host(&mut table, "nqn.2014-08.org.example:h", [0; 16]);
    let planned = plan(&[&table]);
    assert_eq!(planned.host, None);
    let notes = [
        "the host ID 00000000-0000-0000-0000-000000000000 is a placeholder: nothing can take its place",
        "no host ID goes with host NQN nqn.2014-08.org.example:h: the kernel would make one up",
    ];
    assert_eq!(planned.notes, notes);
    assert!(planned.to_string().starts_with("Host: no identity\n"));
}

#[test]
fn either_half_of_the_pair_can_be_given() {
    let table = table(vec![], vec![]);
    let source = Source { name: "NBFT", table: &table };
    let pair = |nqn: Option<&str>, id: Option<[u8; 16]>| {
        let options = Options { hostnqn: nqn.map(String::from), hostid: id.map(Uuid), ..Options::default() };
        let host = Plan::new(&[source], &options).host.unwrap();
        (host.nqn, host.id.0[0], host.why)
    };
    let (tables, other) = (String::from("nqn.2014-08.org.example:h"), String::from("nqn.2014-08.org.example:other"));
    let line = String::from("the command line");
    assert_eq!(pair(Some(&other), None), (other.clone(), 0x11, line.clone()));
    assert_eq!(pair(Some(&other), Some([0x22; 16])), (other, 0x22, line));
    let why = "NBFT's host descriptor, host ID by the command line".into();
    assert_eq!(pair(None, Some([0x22; 16])), (tables, 0x22, why));
}

#[test]
fn hfis_that_cannot_be_used_say_why() {
    let with = |change: fn(&mut Hfi)| {
        let mut one = hfi(1, 3, "192.0.2.2", 24);
        change(&mut one);
        left_out(&table(vec![one], vec![]))
    };
    fn tcp(hfi: &mut Hfi) -> &mut HfiTcp {
        hfi.tcp.as_mut().unwrap()
    }
    type Case = (fn(&mut Hfi), &'static str);
    let cases: [Case; 7] = [
        (|hfi| hfi.tcp = None, "it has no transport info that can be read"),
        (|hfi| hfi.transport = TransportType(1), "its transport type is 0x1, not NVMe/TCP"),
        (|hfi| tcp(hfi).mac = Mac::default(), "its MAC address is zero, so no NIC can be found for it"),
        (|hfi| tcp(hfi).mac = Mac([1; 6]), "its MAC address 01:01:01:01:01:01 is a multicast address"),
        (|hfi| tcp(hfi).prefix = 33, "its prefix length 33 is above 32"),
        (|hfi| (tcp(hfi).ip, tcp(hfi).prefix) = (ip("2001:db8::2"), 129), "its prefix length 129 is above 128"),
        (|hfi| tcp(hfi).vlan = VlanId(4095), "its VLAN ID 4095 is outside 1-4094"),
    ];
    for (change, reason) in cases {
        assert_eq!(with(change), [format!("HFI 1: {reason}")]);
    }
    assert_eq!(with(|hfi| tcp(hfi).prefix = 32), [""; 0]);
    assert_eq!(with(|hfi| (tcp(hfi).ip, tcp(hfi).prefix) = (ip("2001:db8::2"), 128)), [""; 0]);
    let twice = table(vec![hfi(1, 3, "192.0.2.2", 24), hfi(1, 4, "192.0.2.3", 24)], vec![ssns(1, "192.0.2.1", 1, &[])]);
    assert_eq!(left_out(&twice), ["HFI 1: HFI index 1 is there twice: the first one is used"]);
    assert_eq!(reached(&twice), [("nbft0".into(), Reach::OnLink)]);
}

#[test]
fn a_nic_at_the_host_bridge_has_no_pci_address() {
    let pci = |segment: u8, routing_id: u32| {
        let mut one = hfi(1, 3, "192.0.2.2", 24);
        let tcp = one.tcp.as_mut().unwrap();
        (tcp.info_version, tcp.pcie_segment, tcp.routing_id) = (2, segment, routing_id);
        plan(&[&table(vec![one], vec![])]).interfaces[0].pci
    };
    assert_eq!(pci(0, 0), None);
    assert_eq!(pci(1, 0), Some(PciAddress::new(1, 0, 0, 0)));
    assert_eq!(pci(0, 0x18), Some(PciAddress::new(0, 0, 3, 0)));
}

#[test]
fn the_family_of_an_unset_address_is_its_discovery_controllers() {
    let hfis = vec![hfi(1, 3, "::", 0), hfi(2, 4, "::", 0)];
    let mut table = table(hfis, vec![]);
    let discovery = |hfi, uri: &str| Discovery { hfi, uri: Some(uri.into()), ..Discovery::default() };
    table.discovery = vec![
        discovery(2, "nvme+tcp://192.0.2.1/"),
        discovery(1, "nvme+tcp://cdc.example/"),
        discovery(1, "nvme+tcp://[2001:db8::1]/"),
    ];
    let methods: Vec<_> = plan(&[&table]).networks().map(|(_, network)| network.method).collect();
    assert_eq!(methods, [Method::Slaac, Method::Dhcp4]);
}

#[test]
fn what_the_firmwares_client_had_is_kept() {
    let mut one = hfi(1, 3, "192.0.2.2", 24);
    let tcp = one.tcp.as_mut().unwrap();
    (tcp.dhcp_server, tcp.primary_dns, tcp.host_name) = (ip("192.0.2.9"), ip("192.0.2.53"), Some("node".into()));
    tcp.ext = Some(HfiExt { iaid: Some(7), duid: Some(vec![4, 0, 1]), ..HfiExt::default() });
    let had = |hfi: &Hfi| {
        let network = plan(&[&table(vec![hfi.clone()], vec![])]).interfaces[0].links[0].networks[0].clone();
        (network.dhcp_server, network.dns, network.host_name, network.iaid, network.duid)
    };
    let (server, dns) = (ip("192.0.2.9").get(), vec![ip("192.0.2.53").raw()]);
    assert_eq!(had(&one), (None, dns.clone(), Some("node".into()), Some(7), Some(vec![4, 0, 1])));
    let mut dhcp = flagged(one, HfiTcpFlags::DHCP_OVERRIDE);
    dhcp.tcp.as_mut().unwrap().host_name = Some(String::new());
    assert_eq!(had(&dhcp), (server, dns, None, Some(7), Some(vec![4, 0, 1])));
}

#[test]
fn addresses_come_from_router_advertisements_by_flag_or_origin() {
    let method = |flags: u8, origin: u8| {
        let mut one = hfi(1, 3, "2001:db8::2", 64);
        let tcp = one.tcp.as_mut().unwrap();
        (tcp.flags, tcp.ip_origin) = (HfiTcpFlags(flags), IpOrigin(origin));
        plan(&[&table(vec![one], vec![])]).interfaces[0].links[0].networks[0].method
    };
    assert_eq!((method(1, 4), method(9, 0), method(5, 0)), (Method::Slaac, Method::Slaac, Method::Dhcp6));
    assert_eq!((method(1, 0), method(1, 3)), (Method::Static, Method::Dhcp6));
}

#[cfg(feature = "serde")]
#[test]
fn a_plan_survives_json() {
    let target = |index, nsid| Ssns { nsid, ..ssns(index, "192.0.2.1", 1, &[]) };
    let nameless = Ssns { nqn: Some(Nqn("nqn.2014-08.org.example:other".into())), ..numbered(2, 7) };
    let planned = plan(&[&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![target(1, 1), nameless])]);
    let json = serde_json::to_value(&planned).unwrap();
    let nids: Vec<_> =
        planned.namespaces.iter().enumerate().map(|(n, _)| json["namespaces"][n]["nid"].clone()).collect();
    let uuid = serde_json::json!({"type": "uuid", "value": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"});
    assert_eq!(nids, [uuid, serde_json::Value::Null]);
    assert_eq!(serde_json::from_value::<Plan>(json).unwrap(), planned);
}

#[test]
fn hfis_that_ask_for_the_same_are_one_network() {
    let networks =
        |tables: &[&Table]| -> Vec<u16> { plan(tables).networks().map(|(_, network)| network.hfi.index).collect() };
    let one = table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![]);
    let twice = table(vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 3, "192.0.2.2", 24)], vec![]);
    let other = table(vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 3, "192.0.2.3", 24)], vec![]);
    assert_eq!(networks(&[&one, &one]), [1]);
    assert_eq!(networks(&[&twice]), [1]);
    assert_eq!(networks(&[&other]), [1, 2]);
}

//! Tests the keys and values of the JSON form one by one. `testdata/whole/whole.json` has all keys at once, and `tests/all/json.rs`
//! tests that the form loses nothing of any model.

mod duid;
mod refused;

use super::Table as Json;
use crate::model::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

fn read(text: &str) -> Result<Table, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Table::try_from(&json).map_err(|error| error.to_string())
}

/// Each structure has its own key for not being valid.
#[test]
fn what_is_not_valid_says_so() {
    let (tcp_ext, ssns_ext) = (Some(HfiExt::default()), Some(SsnsExt::default()));
    let tcp = HfiTcp { info_version: 2, ext: tcp_ext, ..HfiTcp::default() };
    let table = Table {
        header: Header { major: 1, ..Header::default() },
        host: Some(Host::default()),
        hfis: vec![Hfi { transport: TransportType::TCP, tcp: Some(tcp), ..Hfi::default() }],
        ssns: vec![Ssns { transport: TransportType::TCP, ext: ssns_ext, ..Ssns::default() }],
        security: vec![SecurityProfile::default()],
        discovery: vec![Discovery::default()],
        ..Table::default()
    };
    let json = serde_json::to_value(Json::from(&table)).unwrap();
    for place in [
        "/host/valid",
        "/hfi/0/valid",
        "/hfi/0/tcp_valid",
        "/hfi/0/extended_info/valid",
        "/subsystem/0/valid",
        "/subsystem/0/extended_info/valid",
        "/security/0/valid",
        "/discovery/0/valid",
    ] {
        assert_eq!(json.pointer(place), Some(&0.into()), "{place}");
    }
    assert_eq!(read(&json.to_string()), Ok(table));
}

/// A table without anything strange: most keys that may be left out are.
fn plain() -> Table {
    let old = HfiTcp {
        version: 1,
        info_version: 1,
        hfi_index: 1,
        flags: HfiTcpFlags::VALID.with(HfiTcpFlags::GLOBAL_ROUTE),
        routing_id: 0x0002_0018,
        mac: Mac([0x52, 0x54, 0, 0, 0x0a, 2]),
        vlan: VlanId(10),
        ip_origin: IpOrigin::MANUAL,
        ip: Address::from(core::net::Ipv4Addr::new(192, 0, 2, 2)),
        prefix: 24,
        ..HfiTcp::default()
    };
    let (version, hfi_index, flags) = (1, 2, HfiExtFlags(3));
    let new = HfiTcp {
        info_version: 2,
        hfi_index: 2,
        flags: HfiTcpFlags::VALID.with(HfiTcpFlags::DHCP_OVERRIDE),
        ip_origin: IpOrigin::DHCP,
        dhcp_server: Address::from(core::net::Ipv4Addr::new(192, 0, 2, 1)),
        ext: Some(HfiExt { version, hfi_index, flags, iaid: Some(7), duid: Some(vec![4, 0, 0xab]) }),
        ..old.clone()
    };
    let hfi = |index, tcp| Hfi { index, flags: HfiFlags::VALID, transport: TransportType::TCP, tcp };
    let ext = SsnsExt {
        version: 1,
        ssns_index: 1,
        flags: SsnsExtFlags(3),
        controller_id: 5,
        asqsz: 32,
        dhcp_root_path: Some("nvme+tcp://192.0.2.1".into()),
        diagnostics: None,
    };
    let nid = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
    let ssns = |index, nid_type, nid| Ssns {
        index,
        flags: SsnsFlags(0x81),
        transport: TransportType::TCP,
        nid_type,
        nid,
        primary_hfi: 1,
        ..Ssns::default()
    };
    let mut first = ssns(1, NidType::NGUID, nid);
    (first.flags, first.ext, first.secondary_hfis) = (SsnsFlags(0x119), Some(ext), vec![2]);
    let mut eui64 = nid;
    eui64[8..].fill(0);
    Table {
        header: Header { major: 1, ..Header::default() },
        control: Control { major: 1, minor: 0, flags: 1 },
        host: Some(Host { flags: HostFlags(0x15), id: Uuid(nid), nqn: Some(Nqn("nqn.2014-08.org.example:h".into())) }),
        hfis: vec![hfi(1, Some(old)), hfi(2, Some(new)), hfi(3, None)],
        ssns: vec![
            first,
            ssns(2, NidType::UUID, nid),
            ssns(3, NidType::EUI64, eui64),
            ssns(4, NidType::EUI64, nid),
            ssns(5, NidType::NONE, [0; 16]),
        ],
        security: vec![SecurityProfile { index: 2, flags: SecurityFlags(1), ..SecurityProfile::default() }],
        discovery: vec![Discovery { flags: DiscoveryFlags(1), index: 3, hfi: 1, ..Discovery::default() }],
    }
}

#[test]
fn what_says_nothing_is_left_out() {
    let text = include_str!("plain.json");
    let expected: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(Json::from(&plain())).unwrap(), expected);
    assert_eq!(read(text), Ok(plain()));
}

#[test]
fn a_queue_size_is_configured_or_stored() {
    let queue = |text: &str| {
        let table = read(&format!("{{\"subsystem\": [{{{text}}}]}}")).unwrap();
        table.ssns[0].ext.as_ref().map(|ext| (ext.asqsz, ext.flags.0))
    };
    assert_eq!(queue("\"asqsz\": 0"), None);
    assert_eq!(queue("\"asqsz\": 32"), Some((32, 3)));
    assert_eq!(queue("\"asqsz_stored\": 32"), Some((32, 1)));
    assert_eq!(queue("\"dhcp_root_path_string\": \"x\""), Some((0, 1)));
}

#[test]
fn each_diagnostic_makes_the_extended_info() {
    let diagnostics = |text: &str| {
        let table = read(&format!("{{\"subsystem\": [{{{text}}}]}}")).unwrap();
        table.ssns[0].ext.as_ref().and_then(|ext| ext.diagnostics)
    };
    let none = Diagnostics::default();
    assert_eq!(diagnostics("\"connection_timeout\": 0"), None);
    assert_eq!(diagnostics("\"connection_timeout\": 9"), Some(Diagnostics { connect_timeout: 9, ..none }));
    assert_eq!(diagnostics("\"naed\": 5"), Some(Diagnostics { naed: Naed(5), ..none }));
    assert_eq!(diagnostics("\"cipeec\": 2"), Some(Diagnostics { cipeec: Cipeec(2), ..none }));
    assert_eq!(diagnostics("\"nceec\": 4"), Some(Diagnostics { nceec: Nceec(4), ..none }));
}

#[test]
fn computed_values_need_a_header() {
    let mut json = Json::from(&Table::default());
    let header = json.header.as_mut().unwrap();
    header.add_computed(&[1; 39]);
    let computed = (header.length, header.checksum, header.heap_offset, header.heap_length);
    assert_eq!(computed, (Some(0x0101_0101), Some(1), None, None));
}

#[test]
fn numbers_that_a_writer_computes_are_ignored() {
    let text = r#"{"header": {"length": 1, "checksum": "x", "heap_offset": null, "heap_length": []},
        "hfi": [{"ip_origin_text": 5}], "subsystem": [{"naed_text": 1, "cipeec_text": 2, "nceec_text": 3}]}"#;
    let plain = r#"{"hfi": [{}], "subsystem": [{}]}"#;
    assert_eq!(read(text), read(plain));
    assert!(read(plain).unwrap().hfis[0].tcp.is_none());
}

#[test]
fn what_nvme_cli_prints_is_enough_to_build_from() {
    let text = r#"{
        "filename": "NBFT",
        "host": {"nqn": "nqn.2014-08.org.example:host", "id": "01020304-0506-0708-090a-0b0c0d0e0f10",
            "host_id_configured": 1, "host_nqn_configured": 0, "primary_admin_host_flag": "selected"},
        "subsystem": [{"index": 1, "num_hfis": 2, "hfis": [1, 2], "transport": "tcp", "traddr": "192.0.2.1",
            "trsvcid": "4420", "subsys_port_id": 0, "nsid": 1, "nid_type": "eui64", "nid": "0011223344556677",
            "subsys_nqn": "nqn.2014-08.org.example:s", "controller_id": 5, "asqsz": 0,
            "pdu_header_digest_required": 1, "data_digest_required": 0, "discovered": 0, "unavailable": 1,
            "connection_timeout": 0}],
        "hfi": [
            {"index": 1, "transport": "tcp", "pcidev": "0:0:3.0", "mac_addr": "52:54:00:00:0a:02", "vlan": 0,
            "ip_origin": 1, "ipaddr": "192.0.2.2", "subnet_mask_prefix": 24, "gateway_ipaddr": "0.0.0.0",
            "route_metric": 0, "primary_dns_ipaddr": "::", "secondary_dns_ipaddr": "::", "dhcp_server_ipaddr": "",
            "this_hfi_is_default_route": 1, "dhcp_override": 0, "ipaddr_autoconf": 0},
            {"index": 2, "transport": "tcp", "pcidev": "0:0:4.1", "mac_addr": "52:54:00:00:0a:03", "vlan": 7,
            "ipaddr": "2001:db8::2"}],
        "discovery": []
    }"#;
    let mut tcp1 = HfiTcp {
        version: 1,
        info_version: 1,
        hfi_index: 1,
        flags: HfiTcpFlags(3),
        routing_id: 0x18,
        ..HfiTcp::default()
    };
    tcp1.mac = Mac([0x52, 0x54, 0, 0, 0x0a, 2]);
    tcp1.ip_origin = IpOrigin::MANUAL;
    tcp1.ip = Address::from(core::net::Ipv4Addr::new(192, 0, 2, 2));
    tcp1.prefix = 24;
    tcp1.gateway = Address::from(core::net::Ipv4Addr::UNSPECIFIED);
    let mut tcp2 = HfiTcp {
        version: 1,
        info_version: 1,
        hfi_index: 2,
        flags: HfiTcpFlags(1),
        routing_id: 0x21,
        ..HfiTcp::default()
    };
    tcp2.mac = Mac([0x52, 0x54, 0, 0, 0x0a, 3]);
    tcp2.vlan = VlanId(7);
    tcp2.ip = Address::from(core::net::IpAddr::V6("2001:db8::2".parse().unwrap()));
    let hfi = |index, tcp| Hfi { index, flags: HfiFlags::VALID, transport: TransportType::TCP, tcp: Some(tcp) };
    let ssns = Ssns {
        index: 1,
        flags: SsnsFlags(0x111),
        transport: TransportType::TCP,
        transport_flags: SsnsTransportFlags(3),
        traddr: Some(Address::from(core::net::Ipv4Addr::new(192, 0, 2, 1))),
        trsvcid: Some("4420".into()),
        nsid: 1,
        nid_type: NidType::EUI64,
        nid: [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0, 0, 0, 0, 0, 0, 0, 0],
        primary_hfi: 1,
        secondary_hfis: vec![2],
        nqn: Some(Nqn("nqn.2014-08.org.example:s".into())),
        ext: Some(SsnsExt {
            version: 1,
            ssns_index: 1,
            flags: SsnsExtFlags::VALID,
            controller_id: 5,
            ..SsnsExt::default()
        }),
        ..Ssns::default()
    };
    let expected = Table {
        header: Header { major: 1, ..Header::default() },
        control: Control { major: 1, minor: 0, flags: 1 },
        host: Some(Host {
            flags: HostFlags(0x13),
            id: Uuid([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
            nqn: Some(Nqn("nqn.2014-08.org.example:host".into())),
        }),
        hfis: vec![hfi(1, tcp1), hfi(2, tcp2)],
        ssns: vec![ssns],
        ..Table::default()
    };
    assert_eq!(read(text), Ok(expected));
}

#[test]
fn the_newer_layout_is_chosen_when_the_content_needs_it() {
    let versions = |text: &str| {
        let table = read(text).unwrap();
        let info = table.hfis.first().and_then(|hfi| hfi.tcp.as_ref()).map(|tcp| tcp.info_version);
        (table.header.minor, table.control.minor, info)
    };
    assert_eq!(versions("{}"), (0, 0, None));
    assert_eq!(versions(r#"{"hfi": [{"index": 1, "ipaddr": "192.0.2.2"}]}"#), (0, 0, Some(1)));
    assert_eq!(versions(r#"{"hfi": [{"index": 1, "dhcp_iaid": 7}]}"#), (1, 1, Some(2)));
    assert_eq!(versions(r#"{"hfi": [{"index": 1, "pcie_seg_num": 7}]}"#), (1, 1, Some(2)));
    assert_eq!(versions(r#"{"hfi": [{"index": 1, "ipaddr_autoconf": true}]}"#), (1, 1, Some(2)));
    assert_eq!(versions(r#"{"subsystem": [{"naed": 7}]}"#), (1, 1, None));
    assert_eq!(versions(r#"{"subsystem": [{"naed": 7}], "header": {"minor": 4}}"#), (4, 4, None));
}

#[test]
fn the_bits_of_a_word_add_up() {
    use super::values::{Bit, word};
    assert_eq!(word([0b0011_u8, 0b0101, Bit(true).bits(0b1001), Bit(false).bits(0b1_0000)]), 0b1111);
    assert_eq!(word::<u32, 0>([]), 0);
}

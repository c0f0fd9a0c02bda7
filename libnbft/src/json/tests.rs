//! Model → JSON → model is the identity; contradictions are refused.

use super::Table as Json;
use crate::model::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// A small generator (xorshift64*), so that a failure repeats.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn byte(&mut self) -> u8 {
        // Small numbers, zero and the highest are more likely to be special than others.
        match self.next() >> 60 {
            0..=4 => 0,
            5..=9 => (self.next() >> 61) as u8,
            10 => 0xff,
            _ => (self.next() >> 56) as u8,
        }
    }

    fn word(&mut self) -> u16 {
        u16::from(self.byte()) << 8 | u16::from(self.byte())
    }

    fn long(&mut self) -> u32 {
        u32::from(self.word()) << 16 | u32::from(self.word())
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.byte())
    }

    fn chance(&mut self) -> bool {
        self.next() >> 63 == 1
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance().then(|| make(self))
    }

    fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.next() >> 62).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> String {
        const CHARACTERS: &[char] = &['a', 'Z', '0', ':', '.', '-', '"', '\\', '\n', '\u{1b}', '\u{e9}', '\u{202e}'];
        self.list(|random| CHARACTERS[random.next() as usize % CHARACTERS.len()]).into_iter().collect()
    }

    fn address(&mut self) -> Address {
        match self.next() >> 62 {
            0 => Address::UNSET,
            1 => Address::from(core::net::Ipv4Addr::from(self.bytes::<4>())),
            _ => Address::from_bytes(self.bytes()),
        }
    }

    fn hfi(&mut self) -> Hfi {
        Hfi {
            index: self.byte(),
            flags: HfiFlags(self.byte()),
            transport: TransportType(if self.chance() { 3 } else { self.byte() }),
            tcp: self.maybe(Self::tcp),
        }
    }

    fn tcp(&mut self) -> HfiTcp {
        HfiTcp {
            version: self.byte(),
            info_version: self.byte(),
            hfi_index: self.word(),
            flags: HfiTcpFlags(self.byte()),
            routing_id: self.long(),
            mac: Mac(self.bytes()),
            vlan: VlanId(self.word()),
            ip_origin: IpOrigin(self.byte()),
            ip: self.address(),
            prefix: self.byte(),
            gateway: self.address(),
            route_metric: self.word(),
            primary_dns: self.address(),
            secondary_dns: self.address(),
            dhcp_server: self.address(),
            host_name: self.maybe(Self::text),
            ext: self.maybe(|random| HfiExt {
                version: random.byte(),
                hfi_index: random.word(),
                flags: HfiExtFlags(random.long()),
                iaid: random.maybe(Self::long),
                duid: random.maybe(|random| random.list(Self::byte)),
            }),
            pcie_segment: self.byte(),
        }
    }

    fn ssns(&mut self) -> Ssns {
        Ssns {
            index: self.word(),
            flags: SsnsFlags(self.word()),
            transport: TransportType(if self.chance() { 3 } else { self.byte() }),
            transport_flags: SsnsTransportFlags(self.word()),
            primary_discovery: self.byte(),
            traddr: self.maybe(Self::address),
            trsvcid: self.maybe(Self::text),
            port_id: self.word(),
            nsid: self.long(),
            nid_type: NidType(self.byte()),
            nid: self.bytes(),
            security: self.byte(),
            primary_hfi: self.byte(),
            secondary_hfis: self.list(Self::byte),
            nqn: self.maybe(Self::text).map(Nqn),
            ext: self.maybe(|random| SsnsExt {
                version: random.byte(),
                ssns_index: random.word(),
                flags: SsnsExtFlags(random.long()),
                controller_id: random.word(),
                asqsz: random.word(),
                dhcp_root_path: random.maybe(Self::text),
                diagnostics: random.maybe(|random| Diagnostics {
                    naed: Naed(random.byte()),
                    cipeec: Cipeec(random.byte()),
                    connect_timeout: random.word(),
                    nceec: Nceec(random.byte()),
                }),
            }),
        }
    }

    fn security(&mut self) -> SecurityProfile {
        SecurityProfile {
            index: self.byte(),
            flags: SecurityFlags(self.word()),
            secret_type: SecretType(self.byte()),
            channel_algorithms: self.maybe(|random| random.list(Self::byte)),
            authentication_protocols: self.maybe(|random| random.list(Self::byte)),
            cipher_suites: self.maybe(|random| random.list(Self::word)),
            kx_groups: self.maybe(|random| random.list(Self::byte)),
            hashes: self.maybe(|random| random.list(Self::byte)),
            secret_keypath: self.maybe(Self::text),
        }
    }

    fn table(&mut self) -> Table {
        Table {
            header: Header {
                major: self.byte(),
                minor: self.byte(),
                oem_id: FixedText(self.bytes()),
                oem_table_id: FixedText(self.bytes()),
                oem_revision: self.long(),
                creator_id: FixedText(self.bytes()),
                creator_revision: self.long(),
                driver_path: self.maybe(Self::text),
            },
            control: Control { major: self.byte(), minor: self.byte(), flags: self.byte() },
            host: self.maybe(|random| Host {
                flags: HostFlags(random.byte()),
                id: Uuid(random.bytes()),
                nqn: random.maybe(Self::text).map(Nqn),
            }),
            hfis: self.list(Self::hfi),
            ssns: self.list(Self::ssns),
            security: self.list(Self::security),
            discovery: self.list(|random| Discovery {
                flags: DiscoveryFlags(random.byte()),
                index: random.byte(),
                hfi: random.byte(),
                security: random.byte(),
                uri: random.maybe(Self::text),
                nqn: random.maybe(Self::text).map(Nqn),
            }),
        }
    }
}

fn read(text: &str) -> Result<Table, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Table::try_from(&json).map_err(|error| error.to_string())
}

#[test]
fn nothing_of_any_model_is_lost() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..5_000 {
        let table = random.table();
        let text = serde_json::to_string_pretty(&Json::from(&table)).unwrap();
        assert_eq!(read(&text).as_ref(), Ok(&table), "round {round}:\n{text}");
    }
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
fn contradictions_and_nonsense_are_refused_with_their_place() {
    for (text, expected) in [
        (
            r#"{"hfi": [{"pcidev": "0:0:3.0", "pci_address": "0000:00:04.0"}]}"#,
            "hfi[0].pcidev: \"0:0:3.0\" contradicts the other keys, which mean \"0:0:4.0\"",
        ),
        (r#"{"hfi": [{}, {"pcidev": "three"}]}"#, "hfi[1].pcidev: \"three\" is not a PCI address (ssss:bb:dd.f)"),
        (r#"{"hfi": [{"dhcp_duid": "012"}]}"#, "hfi[0].dhcp_duid: \"012\" is not pairs of hex digits"),
        (
            r#"{"hfi": [{"transport": "unknown"}]}"#,
            "hfi[0].transport: \"unknown\" contradicts the other keys, which mean \"tcp\"",
        ),
        (
            r#"{"subsystem": [{"transport": "tcp", "transport_type": 9}]}"#,
            "subsystem[0].transport: \"tcp\" contradicts the other keys, which mean \"unknown\"",
        ),
        (
            r#"{"subsystem": [{"unavailable": 1, "availability": "available"}]}"#,
            "subsystem[0].unavailable: 1 contradicts the other keys, which mean 0",
        ),
        (
            r#"{"subsystem": [{"hfis": [1, 2]}], "hfi": [{"index": 1}]}"#,
            "subsystem[0].hfis: [1, 2] contradicts the other keys, which mean [1]",
        ),
        (r#"{"subsystem": [{"num_hfis": 2}]}"#, "subsystem[0].num_hfis: 2 contradicts the other keys, which mean 0"),
        (r#"{"subsystem": [{"nid": "00"}]}"#, "subsystem[0].nid: needs a nid_type (eui64, nguid, uuid)"),
        (
            r#"{"subsystem": [{"nid_type": "eui64", "nid": "00"}]}"#,
            "subsystem[0].nid: \"00\" is not a string of hex digits of the right length",
        ),
        (
            r#"{"subsystem": [{"nid_type": "eui65", "nid": "00"}]}"#,
            "subsystem[0].nid: \"eui65\" is not a kind of namespace identifier (eui64, nguid, uuid)",
        ),
        (r#"{"subsystem": [{"nid_bytes": "00"}]}"#, "subsystem[0].nid_bytes: is not 16 bytes long"),
        (
            r#"{"subsystem": [{"nid_type": "uuid", "nid": "01020304-0506-0708-090a-0b0c0d0e0f10", "nid_type_code": 9}]}"#,
            "subsystem[0].nid_type_code: 9 has no place beside the other keys",
        ),
        (
            r#"{"subsystem": [{"asqsz": 32, "extended_info": {"asqsz_configured": 0}}]}"#,
            "subsystem[0].asqsz: 32 contradicts the other keys, which mean 0",
        ),
        (
            r#"{"subsystem": [{"dhcp_root_path_string": "x", "dhcp_root_path_override": 0}]}"#,
            "subsystem[0].dhcp_root_path_string: \"x\" has no place beside the other keys",
        ),
        (r#"{"hots": {}}"#, "unknown field `hots`"),
        (
            r#"{"host": {"primary_admin_host_flag": "chosen"}}"#,
            "invalid value: string \"chosen\", expected one of \"not indicated\", \"unselected\", \"selected\", \"reserved\"",
        ),
        (r#"{"host": {"host_id_configured": 2}}"#, "invalid value: integer `2`, expected 0, 1, false or true"),
        (r#"{"hfi": [{"ipaddr": "300.0.0.1"}]}"#, "invalid value: string \"300.0.0.1\", expected an IP address"),
        (
            r#"{"header": {"oem_id": "1234567"}}"#,
            "invalid value: string \"1234567\", expected at most 6 bytes of printable ASCII or escapes such as \\xff",
        ),
        (
            r#"{"header": {"oem_id": "\u00e9"}}"#,
            "invalid value: string \"é\", expected at most 6 bytes of printable ASCII or escapes such as \\xff",
        ),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.starts_with(expected), "{text}\nexpected: {expected}\ngot:      {error}");
    }
}

#[test]
fn the_place_of_an_error_can_be_asked_for() {
    let json: Json = serde_json::from_str(r#"{"hfi": [{"pcidev": "x"}]}"#).unwrap();
    assert_eq!(Table::try_from(&json).unwrap_err().place(), format!("hfi[{}].pcidev", 0));
}

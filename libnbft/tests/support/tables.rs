//! Makes tables without any finding.

use libnbft::model::{
    Address, Control, Diagnostics, Discovery, DiscoveryFlags, FixedText, Header, Hfi, HfiExt, HfiExtFlags, HfiFlags,
    HfiTcp, HfiTcpFlags, Host, HostFlags, IpOrigin, Mac, Naed, Nceec, NidType, Nqn, SecretType, SecurityFlags,
    SecurityProfile, Ssns, SsnsExt, SsnsExtFlags, SsnsFlags, SsnsTransportFlags, Table, TransportType, VlanId,
};
use std::net::IpAddr;

/// The structs of the model are open for more fields: a value is made from the default, then set.
macro_rules! make {
    ($type:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        #[allow(unused_mut)]
        let mut value = $type::default();
        $(value.$field = $value;)*
        value
    }};
}
pub(crate) use make;

/// The UUID of every host here.
pub(crate) const HOST: &str = "5a0e3c2d-1b4f-4e6a-9c8d-7f6e5d4c3b2a";

/// Each table with its name.
pub(crate) fn all() -> Vec<(&'static str, Table)> {
    vec![
        ("static4", static4()),
        ("static6", static6()),
        ("dhcp4", dhcp4()),
        ("slaac6", slaac6()),
        ("vlan", vlan()),
        ("multipath", multipath()),
        ("discovery", with_discovery()),
        ("security", with_security()),
        ("failed", failed()),
        ("host-only", host_only()),
        ("spec-1.0", spec_1_0()),
        ("full", full()),
    ]
}

pub(crate) fn ip(text: &str) -> Address {
    text.parse::<IpAddr>().expect("it is an address").into()
}

pub(crate) fn nqn(name: &str) -> Nqn {
    Nqn(format!("nqn.2026-11.net.example:{name}"))
}

/// Firmware that found nothing to boot from leaves this.
pub(crate) fn host_only() -> Table {
    make!(Table {
        header: make!(Header {
            major: 1,
            minor: 1,
            oem_id: FixedText(*b"NBFTCO"),
            oem_table_id: FixedText(*b"TESTDATA"),
            oem_revision: 1,
            creator_id: FixedText(*b"NBFT"),
            creator_revision: 1,
            driver_path: Some(
                "Fv(11111111-2222-3333-4444-555555555555)/FvFile(66666666-7777-8888-9999-AAAAAAAAAAAA)".into()
            ),
        }),
        control: make!(Control { major: 1, minor: 0, flags: 1 }),
        host: Some(make!(Host {
            flags: HostFlags::VALID.with(HostFlags::HOST_ID_CONFIGURED).with(HostFlags::HOST_NQN_CONFIGURED),
            id: HOST.parse().expect("it is a UUID"),
            nqn: Some(Nqn(format!("nqn.2014-08.org.nvmexpress:uuid:{HOST}"))),
        })),
    })
}

/// An interface with a static IPv4 address, 192.0.2.(9 + index).
pub(crate) fn hfi(index: u8) -> Hfi {
    make!(Hfi {
        index: index,
        flags: HfiFlags::VALID,
        transport: TransportType::TCP,
        tcp: Some(make!(HfiTcp {
            version: 1,
            info_version: 2,
            hfi_index: index.into(),
            flags: HfiTcpFlags::VALID,
            routing_id: u32::from(index) << 3,
            mac: Mac([0x02, 0, 0x5e, 0, 0x53, index]),
            ip_origin: IpOrigin::MANUAL,
            ip: ip(&format!("192.0.2.{}", 9 + index)),
            prefix: 24,
            route_metric: 500,
            host_name: Some("diskless".into()),
        })),
    })
}

/// A namespace at 192.0.2.1 over this HFI.
pub(crate) fn ssns(index: u16, hfi: u8) -> Ssns {
    make!(Ssns {
        index: index,
        flags: SsnsFlags::VALID.with(SsnsFlags::EXTENDED_INFO).with(SsnsFlags(0x80)),
        transport: TransportType::TCP,
        traddr: Some(ip("192.0.2.1")),
        trsvcid: Some("4420".into()),
        port_id: 1,
        nsid: 1,
        nid_type: NidType::UUID,
        nid: *b"\x3f\x0c\x1e\x77\x90\x2b\x4d\x5a\x8e\x61\x22\x33\x44\x55\x66\x77",
        primary_hfi: hfi,
        nqn: Some(nqn("root")),
        ext: Some(make!(SsnsExt {
            version: 1,
            ssns_index: index,
            flags: SsnsExtFlags::VALID.with(SsnsExtFlags::ADMIN_ASQSZ),
            controller_id: 1,
            asqsz: 32,
            diagnostics: Some(make!(Diagnostics { connect_timeout: 10 })),
        })),
    })
}

pub(crate) fn discovery(index: u8, hfi: u8) -> Discovery {
    make!(Discovery {
        flags: DiscoveryFlags::VALID,
        index: index,
        hfi: hfi,
        uri: Some("nvme+tcp://192.0.2.1:8009/".into()),
    })
}

pub(crate) fn profile(index: u8) -> SecurityProfile {
    make!(SecurityProfile {
        index: index,
        // Authentication required by the driver's list, TLS required by the administrator's, and every list restricted.
        flags: SecurityFlags(0x001 | 0x004 | 0x008 | 0x040 | 0x100 | 0x200 | 0x400 | 0x800),
        secret_type: SecretType::REDFISH,
        channel_algorithms: Some(vec![2]),
        authentication_protocols: Some(vec![1]),
        cipher_suites: Some(vec![0x1301, 0x1302]),
        kx_groups: Some(vec![1, 2, 3, 4, 5]),
        hashes: Some(vec![1, 2, 3]),
        secret_keypath: Some("/redfish/v1/Managers/1/SecureKeys/1".into()),
    })
}

/// The transport info of an HFI that has one.
pub(crate) fn tcp(table: &mut Table, number: usize) -> &mut HfiTcp {
    table.hfis[number].tcp.as_mut().expect("the HFI has one")
}

pub(crate) fn static4() -> Table {
    let mut table = host_only();
    table.hfis = vec![hfi(1)];
    table.ssns = vec![ssns(1, 1)];
    table
}

pub(crate) fn static6() -> Table {
    let mut table = static4();
    let tcp = tcp(&mut table, 0);
    (tcp.ip, tcp.prefix, tcp.gateway) = (ip("2001:db8:1::10"), 64, ip("fe80::1"));
    (tcp.primary_dns, tcp.secondary_dns) = (ip("2001:db8:1::53"), ip("2001:db8:2::53"));
    tcp.flags = tcp.flags.with(HfiTcpFlags::GLOBAL_ROUTE);
    table.ssns[0].traddr = Some(ip("2001:db8:9::1"));
    table
}

/// DHCP as specification 1.1 has it: the client identifier is in the table.
pub(crate) fn dhcp4() -> Table {
    let mut table = static4();
    let tcp = tcp(&mut table, 0);
    tcp.flags = tcp.flags.with(HfiTcpFlags::DHCP_OVERRIDE);
    (tcp.ip_origin, tcp.dhcp_server, tcp.primary_dns) = (IpOrigin::DHCP, ip("192.0.2.2"), ip("192.0.2.2"));
    tcp.ext = Some(make!(HfiExt {
        version: 1,
        hfi_index: 1,
        flags: HfiExtFlags::VALID.with(HfiExtFlags::DHCP_CLIENT_ID),
        iaid: Some(0x0a0b_0c0d),
        duid: Some(b"\x04\x00\x5a\x0e\x3c\x2d\x1b\x4f\x4e\x6a\x9c\x8d\x7f\x6e\x5d\x4c\x3b\x2a".to_vec()),
    }));
    let ssns = &mut table.ssns[0];
    ssns.flags = ssns.flags.with(SsnsFlags::DHCP_ROOT_PATH);
    let path = "nvme+tcp://192.0.2.1:4420/nqn.2026-11.net.example:root/3f0c1e77-902b-4d5a-8e61-223344556677";
    ssns.ext.as_mut().expect("there is one").dhcp_root_path = Some(path.into());
    table
}

pub(crate) fn slaac6() -> Table {
    let mut table = static6();
    let tcp = tcp(&mut table, 0);
    tcp.flags = HfiTcpFlags::VALID.with(HfiTcpFlags::AUTOCONFIGURED);
    (tcp.ip_origin, tcp.gateway) = (IpOrigin::OTHER, Address::UNSET);
    table
}

pub(crate) fn vlan() -> Table {
    let mut table = static4();
    let tcp = tcp(&mut table, 0);
    (tcp.vlan, tcp.pcie_segment, tcp.routing_id) = (VlanId(10), 1, 0xe100);
    table.ssns[0].transport_flags =
        SsnsTransportFlags::IN_USE.with(SsnsTransportFlags::HEADER_DIGEST).with(SsnsTransportFlags::DATA_DIGEST);
    table
}

/// Two paths to one namespace, and a second namespace on one of them that the system needs later.
pub(crate) fn multipath() -> Table {
    let mut table = static4();
    table.hfis.push(hfi(2));
    let tcp = tcp(&mut table, 1);
    (tcp.ip, tcp.gateway) = (ip("198.51.100.11"), ip("198.51.100.254"));
    tcp.flags = tcp.flags.with(HfiTcpFlags::GLOBAL_ROUTE);
    table.ssns[0].secondary_hfis = vec![2];
    let mut later = ssns(2, 2);
    later.flags = later.flags.with(SsnsFlags::NON_BOOTABLE);
    (later.nsid, later.nid_type) = (2, NidType::EUI64);
    later.nid = [0x00, 0x25, 0x38, 0x5b, 0x71, 0x00, 0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0];
    table.ssns.push(later);
    table
}

pub(crate) fn with_discovery() -> Table {
    let mut table = static4();
    table.discovery = vec![discovery(1, 1), discovery(2, 1)];
    table.discovery[1].uri = Some("nvme+tcp://[2001:db8:1::1]/".into());
    table.discovery[1].nqn = Some(nqn("cdc"));
    let ssns = &mut table.ssns[0];
    (ssns.primary_discovery, ssns.flags) = (1, ssns.flags.with(SsnsFlags::DISCOVERED));
    table
}

pub(crate) fn with_security() -> Table {
    let mut table = static4();
    table.security = vec![profile(1)];
    let ssns = &mut table.ssns[0];
    (ssns.security, ssns.flags) = (1, ssns.flags.with(SsnsFlags::USE_SECURITY));
    table
}

/// Firmware reached nothing and says why. That it was unreachable is a finding, a note, which is what the table is about.
pub(crate) fn failed() -> Table {
    let mut table = static4();
    let ssns = &mut table.ssns[0];
    ssns.flags = SsnsFlags::VALID.with(SsnsFlags::EXTENDED_INFO).with(SsnsFlags(0x100));
    (ssns.nsid, ssns.nid_type, ssns.nid) = (0, NidType::NONE, [0; 16]);
    ssns.ext.as_mut().expect("there is one").diagnostics =
        Some(make!(Diagnostics { naed: Naed::TIMEOUT, connect_timeout: 0xffff, nceec: Nceec::NO_ROUTE }));
    table
}

/// Nothing that came with specification 1.1.
pub(crate) fn spec_1_0() -> Table {
    let mut table = static4();
    table.header.minor = 0;
    tcp(&mut table, 0).info_version = 1;
    table.ssns[0].ext.as_mut().expect("there is one").diagnostics = None;
    table
}

/// Something of everything.
pub(crate) fn full() -> Table {
    let mut table = dhcp4();
    table.hfis.push(hfi(7));
    table.ssns[0].secondary_hfis = vec![7];
    let mut second = ssns(2, 7);
    (second.security, second.flags) = (3, second.flags.with(SsnsFlags::USE_SECURITY));
    (second.nid_type, second.nqn) = (NidType::NGUID, Some(nqn("second")));
    table.ssns.push(second);
    table.security = vec![profile(3)];
    table.discovery = vec![discovery(4, 7)];
    table.discovery[0].security = 3;
    table
}

/// 255 SSNS, each a subsystem of its own at a port of its own, over each of some HFIs.
pub(crate) fn many_paths(hfis: u8) -> Table {
    let mut table = static4();
    table.hfis = (1..=hfis)
        .map(|number| {
            let mut hfi = hfi(1);
            hfi.index = number;
            let tcp = hfi.tcp.as_mut().expect("it has transport info");
            tcp.mac.0[5] = number;
            // With /24, the last one would be the subnet's broadcast address.
            (tcp.ip, tcp.prefix) = (ip(&format!("192.0.2.{number}")), 16);
            hfi
        })
        .collect();
    table.ssns = (1..=255).map(|index| ssns(index, 1)).collect();
    for ssns in &mut table.ssns {
        ssns.secondary_hfis = (2..=hfis).collect();
        ssns.nqn =
            Some(Nqn(format!("nqn.2014-08.org.nvmexpress:uuid:0a5bb1f2-4c1d-4b57-9c41-1f7a3c0d{:04x}", ssns.index)));
    }
    table
}

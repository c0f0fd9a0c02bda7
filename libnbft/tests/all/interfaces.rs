//! Tests the rules for interfaces and their targets with wrong values, and with right ones beside them.

use crate::support::found::about;
use crate::support::tables::{self, ip, tcp};
use libnbft::model::{Address, HfiExt, HfiExtFlags, HfiTcpFlags, IpOrigin, Mac, Table};

const NONE: [&str; 0] = [];

#[test]
fn where_an_address_came_from_is_said_once() {
    let said = |flags: u8, origin: u8| {
        let all = about(tables::static6(), |table| {
            let tcp = tcp(table, 0);
            (tcp.flags, tcp.ip_origin) = (HfiTcpFlags(flags), IpOrigin(origin));
            tcp.dhcp_server = if flags & 4 == 0 { Address::UNSET } else { ip("2001:db8:1::2") };
        });
        all.into_iter().map(|text| text.strip_prefix("HFI 1: ").map_or(text.clone(), String::from)).collect::<Vec<_>>()
    };
    let unknown = ["ip-origin-unknown: HFI 1: the IP origin is 63"];
    let as_well =
        |from| [format!("autoconf-dhcp: HFI 1: the address is marked autoconfigured, but also as coming from {from}")];
    let (no_flag, no_origin) =
        (["dhcp-origin: HFI 1: the IP origin is DHCP, but the DHCP override flag is not set"], |origin| {
            [format!("dhcp-origin: HFI 1: the DHCP override flag is set, but the IP origin is {origin}")]
        });
    for origin in [0, 1, 2, 4] {
        assert_eq!(said(1, origin), NONE);
    }
    assert_eq!(said(1, 3), no_flag);
    assert_eq!((said(5, 0), said(5, 3)), (vec![], vec![]));
    assert_eq!((said(5, 1), said(5, 4)), (no_origin("manual").to_vec(), no_origin("router advertisement").to_vec()));
    assert_eq!(said(9, 0), NONE);
    for origin in [1, 2, 3, 4] {
        assert_eq!(said(9, origin), as_well("elsewhere"));
    }
    for origin in 0..5 {
        assert_eq!(said(13, origin), as_well("DHCP"));
    }
    for flags in [1, 5, 9, 13] {
        assert_eq!(said(flags, 63), unknown);
    }
}

#[test]
fn a_dhcp_server_goes_with_its_flag() {
    let said = |flags: u8, server: &str| {
        about(tables::static4(), |table| {
            (tcp(table, 0).flags, tcp(table, 0).dhcp_server) = (HfiTcpFlags(flags), ip(server));
            tcp(table, 0).ip_origin = IpOrigin::OTHER;
        })
    };
    assert_eq!((said(1, "::"), said(5, "192.0.2.2")), (vec![], vec![]));
    let no_server = "dhcp-no-server: HFI 1: the DHCP override flag is set, but there is no DHCP server";
    assert_eq!(said(5, "::"), [no_server]);
    let no_flag = "dhcp-server-unflagged: HFI 1: there is a DHCP server, but the DHCP override flag is not set";
    assert_eq!(said(1, "192.0.2.2"), [no_flag]);
}

#[test]
fn a_client_identifier_is_dhcps() {
    let said = |flags: u32, origin: u8, duid: &[u8]| {
        about(tables::dhcp4(), |table| {
            let tcp = tcp(table, 0);
            let ids = (flags == 3).then(|| (7, duid.to_vec()));
            let mut ext = HfiExt::default();
            (ext.version, ext.hfi_index, ext.flags) = (1, 1, HfiExtFlags(flags));
            (ext.iaid, ext.duid) = ids.map_or((None, None), |(iaid, duid)| (Some(iaid), Some(duid)));
            (tcp.ext, tcp.ip_origin) = (Some(ext), IpOrigin(origin));
        })
    };
    let known = [3, 0, 1, 0, 2, 0, 0x5e, 0, 0x53, 1];
    assert_eq!(said(3, 3, &known), NONE);
    assert_eq!(said(1, 3, &known), NONE);
    let manual = "client-id-origin: HFI 1: there is a DHCP client identifier, but the IP origin is other";
    assert_eq!(said(3, 0, &known), [manual]);
    assert_eq!(said(3, 63, &known), ["ip-origin-unknown: HFI 1: the IP origin is 63"]);
    let duid = "duid-syntax: HFI 1: the DUID of 3 bytes is not a little-endian LLT, EN, LL or UUID";
    assert_eq!(said(3, 3, &[3, 0, 1]), [duid]);
}

#[test]
fn addresses_that_no_interface_can_have() {
    let said = |table: fn() -> Table, address: &str| {
        let all = about(table(), |table| tcp(table, 0).ip = ip(address));
        all.into_iter().filter(|text| text.starts_with("address-")).collect::<Vec<_>>()
    };
    let unusable = |address| [format!("address-unusable: HFI 1: no interface can have the address {address}")];
    for address in ["224.0.0.1", "127.0.0.2", "255.255.255.255"] {
        assert_eq!(said(tables::static4, address), unusable(address));
    }
    for address in ["ff02::1", "::1"] {
        assert_eq!(said(tables::static6, address), unusable(address));
    }
    for address in ["192.0.2.255", "169.254.0.1"] {
        assert_eq!(said(tables::static4, address), NONE);
    }
    for address in ["::", "0.0.0.0"] {
        assert_eq!(said(tables::static4, address), ["address-unset: HFI 1 has no IP address"]);
    }
}

#[test]
fn each_family_has_a_default_route() {
    let said = |second: &str, global: bool| {
        about(tables::static4(), |table| {
            let mut hfi = tables::hfi(2);
            hfi.tcp.as_mut().expect("there is one").ip = ip(second);
            table.hfis.push(hfi);
            table.ssns[0].secondary_hfis = vec![2];
            table.ssns[0].traddr = None;
            for number in 0..if global { 2 } else { 1 } {
                tcp(table, number).flags = HfiTcpFlags::VALID.with(HfiTcpFlags::GLOBAL_ROUTE);
            }
        })
    };
    let missing = "traddr-missing: SSNS 1 has no transport address";
    assert_eq!(said("192.0.2.9", false), [missing]);
    assert_eq!(said("2001:db8::9", true), [missing]);
    let twice = "global-routes: HFI 2 claims the default route, as an earlier HFI does";
    assert_eq!(said("192.0.2.9", true), [missing, twice]);
}

#[test]
fn one_finding_of_each_kind_for_a_target() {
    let mut table = tables::static4();
    table.hfis = (1..=4).map(tables::hfi).collect();
    table.ssns[0].secondary_hfis = vec![2, 3, 4];
    for number in [2, 3] {
        tcp(&mut table, number).ip = ip(&format!("2001:db8::{number}"));
        tcp(&mut table, number).prefix = 64;
    }
    let said = |traddr: &str| about(table.clone(), |table| table.ssns[0].traddr = Some(ip(traddr)));
    let family =
        |target, hfi, has| format!("target-family: SSNS 1: the target is {target}, HFI {hfi} has the address {has}");
    let route =
        |target, hfi, has| format!("target-off-link: SSNS 1: HFI {hfi} ({has}) has no gateway to the target {target}");
    assert_eq!(said("192.0.2.1"), [family("192.0.2.1", 3, "2001:db8::2")]);
    let four = "198.51.100.1";
    assert_eq!(said(four), [route(four, 1, "192.0.2.10/24"), family(four, 3, "2001:db8::2")]);
    let six = "2001:db8:1::1";
    assert_eq!(said(six), [family(six, 1, "192.0.2.10"), route(six, 3, "2001:db8::2/64")]);
    assert_eq!(said("::"), ["traddr-missing: SSNS 1 has no transport address"]);
    // Routers announce themselves where the origin says so, too.
    let announced = about(tables::static6(), |table| {
        let tcp = tcp(table, 0);
        (tcp.ip_origin, tcp.gateway) = (IpOrigin::ROUTER_ADVERTISEMENT, Address::UNSET);
    });
    assert_eq!(announced, NONE);
    // Another NIC's HFI does not help.
    let other = about(tables::static4(), |table| {
        table.hfis.push(tables::hfi(2));
        let tcp = tcp(table, 1);
        (tcp.mac, tcp.ip, tcp.prefix) = (Mac([2, 0, 0, 0, 0, 9]), ip("2001:db8::2"), 64);
        table.ssns[0].traddr = Some(ip("2001:db8::1"));
        table.ssns.push(tables::ssns(2, 2));
        table.ssns[1].traddr = Some(ip("2001:db8::1"));
    });
    assert_eq!(other, [family("2001:db8::1", 1, "192.0.2.10")]);
}

//! Tests how typed values are shown and parsed, and their errors.

use crate::support::tables;
use libnbft::model::{
    Address, Availability, Cipeec, DISCOVERY_NQN, FixedText, HostFlags, IpOrigin, Mac, Naed, Nceec, Nid, NidType, Nqn,
    PciAddress, PolicyList, PrimaryAdminHost, Requirement, SecurityFlags, SsnsFlags, Table, TransportType, Uuid,
    VlanId,
};
use std::net::{IpAddr, Ipv6Addr};

#[test]
fn addresses() {
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1];
    let v4 = Address::from_bytes(mapped);
    assert_eq!((v4.raw(), v4.get(), v4.is_set()), (IpAddr::from([192, 0, 2, 1]), Some([192, 0, 2, 1].into()), true));
    assert_eq!((v4.to_bytes(), v4.to_string(), format!("{v4:?}")), (mapped, "192.0.2.1".into(), "192.0.2.1".into()));
    assert_eq!(Address::from(IpAddr::V6(Ipv6Addr::from(mapped))), v4);
    assert_eq!(IpAddr::from(v4), IpAddr::from([192, 0, 2, 1]));

    let unset = Address::from_bytes([0; 16]);
    assert_eq!((unset, unset.get(), unset.is_set(), unset.to_string()), (Address::UNSET, None, false, "::".into()));
    assert_eq!(Address::default(), unset);
    let unset4 = Address::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0]);
    assert_eq!((unset4.get(), unset4.is_set(), unset4.to_string()), (None, false, "0.0.0.0".into()));
    assert_ne!(unset, unset4);
}

#[test]
fn macs() {
    let mac: Mac = "02:00:5E:00:53:0f".parse().expect("it is one");
    assert_eq!((mac.0, mac.to_string()), ([2, 0, 0x5e, 0, 0x53, 0x0f], "02:00:5e:00:53:0f".into()));
    assert_eq!(format!("{mac:?}"), mac.to_string());
    assert!(!mac.is_zero() && !mac.is_multicast());
    assert!(Mac([1, 0, 0x5e, 0, 0, 1]).is_multicast() && Mac([0xff; 6]).is_multicast());
    assert!(Mac::default().is_zero() && !Mac::default().is_multicast());
    for text in [
        "",
        "02:00:5e:00:53",
        "02:00:5e:00:53:0f:00",
        "2:0:5e:0:53:f",
        "02-00-5e-00-53-0f",
        "02:00:5e:00:53:0g",
        "+2:00:5e:00:53:0f",
    ] {
        assert!(text.parse::<Mac>().is_err(), "{text}");
    }
    let error = "x".parse::<Mac>().expect_err("it is none").to_string();
    assert_eq!(error, "\"x\" is not a MAC address (six pairs of hex digits with colons)");
}

#[test]
fn pci_addresses() {
    let pci = PciAddress::new(1, 0xe1, 3, 5);
    assert_eq!((pci.segment, pci.routing_id), (1, 0xe11d));
    assert_eq!((pci.bus(), pci.device(), pci.function()), (0xe1, 3, 5));
    assert_eq!((pci.to_string(), format!("{pci:?}")), ("0001:e1:03.5".into(), "0001:e1:03.5".into()));
    assert_eq!("0001:e1:03.5".parse(), Ok(pci));
    assert_eq!("e1:03.5".parse(), Ok(PciAddress { segment: 0, ..pci }));
    assert_eq!("ffff:ff:1f.7".parse(), Ok(PciAddress { segment: 0xffff, routing_id: 0xffff }));
    assert_eq!(PciAddress::new(0, 0, 0xff, 0xff), PciAddress::new(0, 0, 0x1f, 7));
    for text in
        ["", "3.5", "e1:03", "0001:e1:20.0", "0001:e1:03.8", "0001:100:03.0", "10000:e1:03.0", "0:0:0:0.0", "+1:3.0"]
    {
        assert!(text.parse::<PciAddress>().is_err(), "{text}");
    }
}

#[test]
fn uuids() {
    let text = "00112233-4455-6677-8899-aabbccddeeff";
    let uuid: Uuid = text.to_uppercase().parse().expect("it is one");
    assert_eq!((uuid.to_string(), format!("{uuid:?}")), (text.into(), text.into()));
    assert_eq!(uuid.0, [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
    assert_eq!(uuid.swapped().to_string(), "33221100-5544-7766-8899-aabbccddeeff");
    assert_eq!(uuid.swapped().swapped(), uuid);
    assert!(Uuid([0; 16]).is_placeholder() && Uuid([0xff; 16]).is_placeholder() && !uuid.is_placeholder());
    for text in [
        "",
        "00112233445566778899aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeefg",
        "00112233-4455-6677-8899-aabbccddee-f",
        "00112233-4455-6677-8899a-abbccddeeff",
        "00112233-4455-667708899-aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeeff0",
        "+0112233-4455-6677-8899-aabbccddeeff",
    ] {
        assert!(text.parse::<Uuid>().is_err(), "{text}");
    }
    assert_eq!(Nqn(format!("nqn.2014-08.org.nvmexpress:uuid:{text}")).uuid(), Some(uuid));
    assert_eq!(Nqn(format!("nqn.2014-08.org.example:uuid:{text}")).uuid(), None);
    assert!(Nqn(DISCOVERY_NQN.into()).is_discovery() && !Nqn(text.into()).is_discovery());
}

#[test]
fn namespace_identifiers() {
    let mut ssns = tables::ssns(1, 1);
    ssns.nid = [0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut shown = Vec::new();
    for kind in 0..5 {
        ssns.nid_type = NidType(kind);
        shown.push(ssns.nid().map(|nid| (nid.kind(), nid.to_string())));
        if let Some(nid) = ssns.nid() {
            assert_eq!(Nid::from_parts(nid.kind(), &nid.to_string()), Ok(nid));
            assert_eq!(format!("{nid:?}"), format!("{} {nid}", nid.kind()));
        }
    }
    let expected = [
        None,
        Some(("eui64", "0f01020304050607".into())),
        Some(("nguid", "0f0102030405060708090a0b0c0d0e0f".into())),
        Some(("uuid", "0f010203-0405-0607-0809-0a0b0c0d0e0f".into())),
        None,
    ];
    assert_eq!(shown, expected);
    (ssns.nid, ssns.nid_type) = ([0; 16], NidType::UUID);
    assert_eq!(ssns.nid(), None);
    for (kind, text) in
        [("eui64", ""), ("eui64", "0f0102030405060"), ("eui64", "+f01020304050607"), ("nguid", "0f"), ("x", "")]
    {
        assert!(Nid::from_parts(kind, text).is_err(), "{kind} {text}");
    }
}

#[test]
fn hfi_indexes_are_each_named_once() {
    let mut ssns = tables::ssns(1, 3);
    ssns.secondary_hfis = vec![0, 3, 255, 1, 255, 0, 1];
    assert_eq!(ssns.hfi_indexes(), [3, 255, 1]);
    ssns.primary_hfi = 0;
    assert_eq!(ssns.hfi_indexes(), [3, 255, 1]);
    ssns.secondary_hfis.clear();
    assert_eq!(ssns.hfi_indexes(), [0u8; 0]);
}

#[test]
fn descriptors_are_found_by_their_index() {
    let mut table = tables::full();
    assert_eq!(table.hfi(7), Some(&table.hfis[1]));
    assert_eq!(table.security_profile(3), Some(&table.security[0]));
    assert_eq!(table.discovery_controller(4), Some(&table.discovery[0]));
    assert_eq!((table.hfi(2), table.security_profile(1), table.discovery_controller(1)), (None, None, None));
    table.hfis[1].index = 1;
    assert_eq!(table.hfi(1), Some(&table.hfis[0]));
    assert_eq!(Table::default().hfi(0), None);
}

#[test]
fn fixed_texts() {
    assert_eq!(FixedText(*b"NBFT\0\0").text(), "NBFT");
    assert_eq!(FixedText(*b"\0A\x1b\0").text(), "\\x00A\\x1b");
    assert_eq!(FixedText::<4>::default().text(), "");
    assert_eq!(format!("{:?}", FixedText(*b"ABCD")), "\"ABCD\"");
}

#[test]
fn vlan_ids() {
    let cases =
        [(0, None, false), (1, Some(1), false), (4094, Some(4094), false), (4095, None, true), (65535, None, true)];
    for (id, get, invalid) in cases {
        assert_eq!((VlanId(id).get(), VlanId(id).is_invalid()), (get, invalid), "{id}");
    }
}

#[test]
fn codes_in_words() {
    assert_eq!(TransportType::TCP.to_string() + " " + &IpOrigin(3).to_string(), "tcp DHCP");
    assert_eq!((IpOrigin(63).words(), IpOrigin(63).to_string()), (None, "unknown (0x3f)".into()));
    assert_eq!(format!("{:?} {:?}", Naed(0x12), Cipeec::DH_MISMATCH), "Naed(0x12) Cipeec(0x3)");
    assert_eq!(Naed(0x12).words(), Some("authentication required"));
    assert_eq!(Nceec(6).to_string(), "MTU mismatch");
}

#[test]
fn flags() {
    let host = HostFlags(0x17);
    assert!(host.is_valid() && host.host_id_configured() && host.host_nqn_configured());
    assert_eq!(host.primary_admin(), PrimaryAdminHost::SELECTED);
    assert_eq!(HostFlags(0x09).primary_admin(), PrimaryAdminHost::UNSELECTED);
    assert_eq!(HostFlags(0x18).primary_admin().words(), None);
    assert!(!HostFlags(0x16).is_valid() && HostFlags(0x16).with(HostFlags::VALID).is_valid());
    assert!(!HostFlags(0x02).contains(HostFlags(0x06)) && HostFlags(0x06).contains(HostFlags(0x06)));
    assert_eq!(SsnsFlags(0x191).availability(), Availability(3));
    assert_eq!(SsnsFlags(0x111).availability(), Availability::UNAVAILABLE);
    assert_eq!(SsnsFlags(0xffff ^ 0x100).availability(), Availability::AVAILABLE);
    let security = SecurityFlags(0b1_0010_1101);
    assert_eq!(
        (security.authentication(), security.authentication_policy()),
        (Requirement::REQUIRED, PolicyList::DRIVER)
    );
    assert_eq!(security.secure_channel(), Requirement::SUPPORTED);
    assert_eq!(security.secure_channel_policy(), PolicyList::ADMINISTRATOR);
    assert_eq!(format!("{security:?}"), "SecurityFlags(0x12d)");
}

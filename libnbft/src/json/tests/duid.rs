//! Tests nvme-cli's keys for the DHCP DUID, the root path and the availability, written and read back.

use super::*;
use crate::json::Hfi as JsonHfi;
use crate::json::{DuidType, Ssns as JsonSsns};
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

fn shown(duid: &[u8]) -> Map<String, Value> {
    let ext = HfiExt { version: 1, hfi_index: 1, flags: HfiExtFlags(3), iaid: Some(7), duid: Some(duid.to_vec()) };
    let tcp = HfiTcp { version: 1, info_version: 2, hfi_index: 1, ext: Some(ext), ..HfiTcp::default() };
    let hfi = Hfi { index: 1, flags: HfiFlags::VALID, transport: TransportType::TCP, tcp: Some(tcp) };
    let Value::Object(json) = serde_json::to_value(JsonHfi::from(&hfi)).unwrap() else { panic!("no object") };
    json.into_iter().filter(|(key, _)| key.starts_with("dhcp_duid_")).collect()
}

/// Every length of each type: which keys are there, and with what.
#[test]
fn a_duid_is_explained_as_far_as_it_is_long_enough() {
    let lladdr = "52:54:00:00:0a:02";
    let (address, uuid) = ([0x52, 0x54, 0, 0, 0x0a, 2], "00112233-4455-6677-8899-aabbccddeeff");
    let whole: [(Vec<u8>, Value); 5] = [
        (
            [&[1, 0, 1, 0, 4, 3, 2, 1][..], &address].concat(),
            json!({"dhcp_duid_type": "DUID-LLT", "dhcp_duid_hwtype": 1, "dhcp_duid_time": 0x0102_0304,
                "dhcp_duid_lladdr": lladdr}),
        ),
        (
            vec![2, 0, 0x13, 0xab, 0, 0, 0xde, 0xad],
            json!({"dhcp_duid_type": "DUID-EN", "dhcp_duid_enterprise": 43795, "dhcp_duid_id": "de:ad"}),
        ),
        (
            [&[3, 0, 6, 0][..], &address].concat(),
            json!({"dhcp_duid_type": "DUID-LL", "dhcp_duid_hwtype": 6, "dhcp_duid_lladdr": lladdr}),
        ),
        (
            [&[4, 0][..], &uuid.parse::<Uuid>().unwrap().0].concat(),
            json!({"dhcp_duid_type": "DUID-UUID", "dhcp_duid_uuid": uuid}),
        ),
        (vec![0xfe, 1, 0xab, 0], json!({"dhcp_duid_type": "unknown(510)", "dhcp_duid_raw": "fe:01:ab:00"})),
    ];
    // The length from which on a key is there.
    let from = |kind: &Value, key: &str| match (kind.as_str().unwrap(), key) {
        (_, "dhcp_duid_type") => 2,
        (_, "dhcp_duid_hwtype") => 4,
        ("DUID-LLT", "dhcp_duid_time") => 8,
        ("DUID-LLT", _) => 9,
        ("DUID-EN", "dhcp_duid_enterprise") => 6,
        ("DUID-EN", _) => 7,
        ("DUID-LL", _) => 5,
        ("DUID-UUID", _) => 18,
        _ => 2,
    };
    for (duid, expected) in whole {
        assert_eq!(Value::Object(shown(&duid)), expected);
        for length in 2..duid.len() {
            let keys: Vec<_> = shown(&duid[..length]).into_iter().map(|(key, _)| key).collect();
            let kind = &expected["dhcp_duid_type"];
            let expected: Vec<_> =
                expected.as_object().unwrap().keys().filter(|key| from(kind, key) <= length).collect();
            assert_eq!(keys.iter().collect::<Vec<_>>(), expected, "{duid:?} cut to {length}");
        }
    }
    // Too short for a type.
    assert_eq!(Value::Object(shown(&[1])), json!({"dhcp_duid_type": "unknown(0)", "dhcp_duid_raw": "01"}));
}

/// nvme-cli prints the IAID 0 beside a DUID without one; read back, there is none.
#[test]
fn a_duid_without_an_iaid() {
    let ext = HfiExt { version: 1, hfi_index: 1, flags: HfiExtFlags(3), iaid: None, duid: Some(alloc::vec![4, 0]) };
    let tcp = HfiTcp { version: 1, info_version: 2, hfi_index: 1, ext: Some(ext.clone()), ..HfiTcp::default() };
    let hfi = Hfi { index: 1, flags: HfiFlags::VALID, transport: TransportType::TCP, tcp: Some(tcp) };
    let json = serde_json::to_value(JsonHfi::from(&hfi)).unwrap();
    assert_eq!((&json["dhcp_iaid"], &json["dhcp_iaid_present"]), (&json!(0), &json!(0)));
    let table = read(&json!({"hfi": [json]}).to_string()).unwrap();
    assert_eq!(table.hfis[0].tcp.as_ref().unwrap().ext, Some(ext));
}

/// What nvme-cli prints, without our `dhcp_duid`, makes the same bytes; so does our older form with the type's number.
#[test]
fn the_keys_of_nvme_cli_make_the_duid() {
    let contents: [fn(u8) -> u8; 3] = [|_| 0, |_| 0xff, |number| number.wrapping_mul(157).wrapping_add(201)];
    for (kind, content) in (0..6_u16).flat_map(|kind| contents.map(|content| (kind, content))) {
        for length in 0..40 {
            let mut duid = kind.to_le_bytes().to_vec();
            duid.extend((0..length).map(content));
            let mut keys = shown(&duid);
            // A number or UUID that is cut short is the one thing that these keys cannot say.
            let known = match kind {
                1 => [0, 2].contains(&length) || length >= 6,
                2 => length == 0 || length >= 4,
                3 => length == 0 || length >= 2,
                4 => length == 0 || length == 16,
                _ => true,
            };
            keys.insert("index".into(), 1.into());
            keys.insert("dhcp_iaid".into(), 7.into());
            let made = |keys: &Map<String, Value>| {
                let table = read(&json!({"hfi": [keys]}).to_string()).unwrap();
                table.hfis[0].tcp.as_ref().unwrap().ext.as_ref().unwrap().duid.clone()
            };
            if known {
                assert_eq!(made(&keys), Some(duid.clone()), "{keys:?}");
            }
            let hex: String = duid.iter().map(|byte| format!("{byte:02x}")).collect();
            let old = json!({"index": 1, "dhcp_iaid": 7, "dhcp_duid": hex, "dhcp_duid_type": kind});
            assert_eq!(made(old.as_object().unwrap()), Some(duid));
        }
    }
}

#[test]
fn the_type_of_a_duid_is_a_word_or_a_number() {
    let kind = |text: &str| serde_json::from_str::<DuidType>(text).map_err(|error| error.to_string());
    for (text, expected) in [("\"DUID-LLT\"", 1), ("\"DUID-UUID\"", 4), ("\"unknown(9)\"", 9), ("65535", 65535)] {
        assert_eq!(kind(text), Ok(DuidType(expected)));
    }
    for text in ["\"LLT\"", "\"unknown(65536)\"", "\"unknown(9\"", "65536", "{}"] {
        let expected = "expected DUID-LLT, DUID-EN, DUID-LL, DUID-UUID, unknown(N) or the type's number";
        assert!(kind(text).unwrap_err().contains(expected), "{text}");
    }
}

fn ssns(flags: u16, root_path: &str) -> Value {
    let ext = SsnsExt { version: 1, ssns_index: 1, flags: SsnsExtFlags::VALID, ..SsnsExt::default() };
    let ext = Some(SsnsExt { dhcp_root_path: Some(root_path.into()), ..ext });
    let ssns = Ssns { index: 1, flags: SsnsFlags(flags | 0x11), ext, ..Ssns::default() };
    serde_json::to_value(JsonSsns::new(&ssns, &Table::default())).unwrap()
}

#[test]
fn a_root_path_is_shown_whether_it_is_in_force_or_not() {
    for (flags, in_force) in [(0, 0), (8, 1)] {
        let json = ssns(flags, "nvme+tcp://192.0.2.1");
        assert_eq!(json["dhcp_root_path_string"], "nvme+tcp://192.0.2.1");
        assert_eq!(json["dhcp_root_path_override"], in_force);
        assert_eq!(json.get("dhcp_root_path_stored"), None);
    }
    // The older form means the same.
    let old = read(r#"{"subsystem": [{"dhcp_root_path_stored": "x", "dhcp_root_path_override": 0}]}"#).unwrap();
    let new = read(r#"{"subsystem": [{"dhcp_root_path_string": "x", "dhcp_root_path_override": 0}]}"#).unwrap();
    assert_eq!(old, new);
    assert!(!new.ssns[0].flags.dhcp_root_path());
}

#[test]
fn bit_8_alone_makes_a_namespace_unavailable() {
    let said = |flags| (ssns(flags, "")["unavailable"].clone(), ssns(flags, "")["availability"].clone());
    assert_eq!(said(0x000), (0.into(), "not indicated".into()));
    assert_eq!(said(0x080), (0.into(), "available".into()));
    assert_eq!(said(0x100), (1.into(), "unavailable".into()));
    assert_eq!(said(0x180), (1.into(), "reserved".into()));
}

/// In the form of C's `inet_ntop`, with which nvme-cli prints.
#[test]
fn addresses_are_written_as_inet_ntop_writes_them() {
    for (text, expected) in [
        ("::", "::"),
        ("::1", "::1"),
        ("::ffff", "::ffff"),
        ("::1:0", "::0.1.0.0"),
        ("::102:304", "::1.2.3.4"),
        ("::1:0:0:1", "::1:0:0:1"),
        ("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:0.0.0.0", "0.0.0.0"),
    ] {
        let bytes = text.parse::<core::net::Ipv6Addr>().unwrap().octets();
        let json = crate::json::IpText(Some(Address::from_bytes(bytes)));
        assert_eq!(serde_json::to_value(json).unwrap(), expected, "{text}");
    }
}

/// nvme-cli reads no extended info whose version or index is wrong: its keys then have what nvme-cli prints, ours the values.
#[test]
fn extended_info_that_nvme_cli_does_not_read_stands_apart() {
    let text = |beside: &str, inside: &str| {
        format!(
            r#"{{"subsystem": [{{"index": 1, "dhcp_root_path_override": 0{beside}, "extended_info": {{"ssns_index": 2, "asqsz_configured": 1{inside}}}}}]}}"#
        )
    };
    let values =
        r#", "controller_id": 7, "asqsz": 32, "dhcp_root_path_string": "x", "naed": 5, "connection_timeout": 9"#;
    let table = read(&text("", values)).unwrap();
    let json = serde_json::to_value(JsonSsns::new(&table.ssns[0], &table)).unwrap();
    for (key, value) in [("controller_id", 7), ("asqsz", 32), ("connection_timeout", 9)] {
        assert_eq!((&json[key], &json["extended_info"][key]), (&0.into(), &value.into()), "{key}");
    }
    assert_eq!((json.get("naed"), json.get("dhcp_root_path_string")), (None, None));
    // Older versions wrote it beside the rest.
    assert_eq!(read(&text(values, r#", "version": 1"#)).as_ref(), Ok(&table));
}

//! Tests which JSON is refused, with which error.

use super::{Json, read};
use crate::model::*;
use alloc::format;

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
            r#"{"subsystem": [{"dhcp_root_path_string": "x", "dhcp_root_path_stored": "y"}]}"#,
            "subsystem[0].dhcp_root_path_stored: \"y\" contradicts the other keys, which mean \"x\"",
        ),
        (
            r#"{"hfi": [{"dhcp_duid": "0200", "dhcp_duid_type": "DUID-LL"}]}"#,
            "hfi[0].dhcp_duid_type: \"DUID-LL\" contradicts the other keys, which mean \"DUID-EN\"",
        ),
        (
            r#"{"hfi": [{"dhcp_duid_type": 3, "dhcp_duid_hwtype": 1, "dhcp_duid_lladdr": "0102"}]}"#,
            "hfi[0].dhcp_duid_lladdr: \"0102\" is not pairs of hex digits with colons between them",
        ),
        (
            r#"{"hfi": [{"dhcp_duid_type": "DUID-UUID", "dhcp_duid_time": 7}]}"#,
            "hfi[0].dhcp_duid_time: 7 has no place beside the other keys",
        ),
        (
            r#"{"hfi": [{"dhcp_duid_type": "DUID-UUID", "dhcp_duid_uuid": "1"}]}"#,
            "hfi[0].dhcp_duid_uuid: \"1\" is not a UUID",
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

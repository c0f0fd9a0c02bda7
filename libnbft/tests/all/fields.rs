//! Tests which fields a table has: only structures and references that are in use have fields.

use crate::support::cases::{Bytes, patched};
use crate::support::{fields, tables};
use libnbft::model::Table;
use std::collections::BTreeSet;
use std::ops::Range;

/// Structures, and other fields, that a change of the bytes takes away.
fn lost(table: &Table, change: impl FnOnce(&mut Bytes)) -> Vec<String> {
    let names = |bytes: &[u8]| -> BTreeSet<_> {
        fields(bytes).into_iter().map(|field| (field.structure, field.field)).collect()
    };
    let before = names(&patched(table, |_| ()).remove(0));
    let after = names(&patched(table, change).remove(0));
    assert!(after.is_subset(&before), "{:?}", after.difference(&before));
    let left: BTreeSet<_> = after.iter().map(|(structure, _)| structure).collect();
    let of_structure = |(structure, field): &(String, &str)| {
        if left.contains(structure) { format!("{structure}: {field}") } else { structure.clone() }
    };
    before.difference(&after).map(of_structure).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn what_is_not_in_use_is_not_followed() {
    let table = tables::full();
    let set = |structure: &str, field: &str, value: &[u8]| lost(&table, |bytes| bytes.set(structure, field, value));
    let client_id = ["HFI 1: DUID", "HFI 1: IAID"];
    let of_info = ["HFI 1 extended info", "HFI 1: DUID", "HFI 1: IAID", "HFI 1: host name"];
    let of_hfi = ["HFI 1 extended info", "HFI 1 transport info", "HFI 1: DUID", "HFI 1: IAID", "HFI 1: host name"];
    for flags in [0, 0xfe] {
        assert_eq!(set("HFI 1", "flags", &[flags]), of_hfi);
    }
    assert_eq!(set("HFI 1", "transport type", &[9]), of_hfi);
    assert_eq!(set("HFI 1 transport info", "flags", &[0xfe]), of_info);
    assert_eq!(set("HFI 1 transport info", "structure ID", &[9]), of_hfi);
    for (version, lost) in [(0, &of_info[..3]), (1, &of_info[..3]), (2, &[]), (3, &[])] {
        assert_eq!(set("HFI 1 transport info", "transport info version", &[version]), lost, "{version}");
    }
    assert_eq!(set("HFI 1 extended info", "structure ID", &[7]), of_info[..3]);
    for flags in [1, 2] {
        assert_eq!(set("HFI 1 extended info", "flags", &[flags]), client_id);
    }
    let of_ssns = [
        "SSNS 1 extended info",
        "SSNS 1: DHCP root path",
        "SSNS 1: NQN",
        "SSNS 1: secondary HFI list",
        "SSNS 1: transport address",
        "SSNS 1: transport service ID",
    ];
    assert_eq!(set("SSNS 1", "flags", &[0xfe, 0xff]), of_ssns);
    assert_eq!(set("SSNS 1", "flags", &[0xef, 0xff]), of_ssns[..2]);
    assert_eq!(set("SSNS 1 extended info", "flags", &[2]), of_ssns[1..2]);
    assert_eq!(set("discovery 4", "flags", &[0xfe]), ["discovery 4: address"]);
    assert_eq!(set("discovery 4", "flags", &[0]), ["discovery 4: address"]);
}

#[test]
fn a_list_of_a_profile_is_there_when_its_flag_is() {
    let table = tables::full();
    let profile = "security profile 3";
    let set = |flags: u16| lost(&table, |bytes| bytes.set(profile, "flags", &flags.to_le_bytes()));
    let of_profile = [
        "authentication protocol list",
        "cipher suite list",
        "hash function list",
        "KX group list",
        "secret keypath",
        "secure channel algorithm list",
    ];
    let names = |fields: &[&str]| -> Vec<String> {
        let all: BTreeSet<_> = fields.iter().map(|field| format!("{profile}: {field}")).collect();
        all.into_iter().collect()
    };
    let [authentication, ciphers, hashes, groups, _, channel] = of_profile;
    assert_eq!(set(0xfffe), names(&of_profile));
    assert_eq!(set(0x001), names(&[authentication, ciphers, hashes, groups, channel]));
    assert_eq!(set(!0x018), names(&[authentication]));
    assert_eq!(set(!0x180), names(&[channel]));
    assert_eq!(set(!0x200), names(&[ciphers]));
    assert_eq!(set(!0x400), names(&[groups]));
    assert_eq!(set(!0x800), names(&[hashes]));
    assert_eq!(set(0x091), names(&[ciphers, hashes, groups]));
}

#[test]
fn diagnostics_are_there_when_they_fit() {
    let table = tables::full();
    let length = |length: u16| lost(&table, |bytes| bytes.set_length("SSNS 2", "extended info reference", |_| length));
    let codes = ["CIPEEC", "NAED", "NCEEC", "connect timeout"].map(|code| format!("SSNS 2 extended info: {code}"));
    assert_eq!((length(23), length(22), length(18)), (vec![], codes.to_vec(), codes.to_vec()));
    assert_eq!(length(17), ["SSNS 2 extended info"]);
}

#[test]
fn a_descriptor_of_another_kind_has_no_fields() {
    let table = tables::full();
    let other = |structure: &str| lost(&table, |bytes| bytes.set(structure, "structure ID", &[99]));
    assert_eq!(other("host"), ["host"]);
    assert_eq!(other("HFI 7"), ["HFI 7", "HFI 7 transport info"]);
    assert_eq!(other("discovery 4"), ["discovery 4"]);
}

#[test]
fn the_host_descriptor_has_fields_where_it_may_lie() {
    let table = tables::full();
    let reference = "host descriptor reference";
    // A host descriptor's ID at the control descriptor's place would make that none: the length says it, too.
    let lies_at = |at: u32| {
        lost(&table, |bytes| {
            let host = bytes.find("host", "structure ID").start;
            let copy = bytes.0[host..host + 32].to_vec();
            let at_end = bytes.0.len();
            bytes.0.extend(copy);
            bytes.add("header", "length", 32);
            let place = if at == 0 { at_end as u32 } else { at };
            bytes.set("control", reference, &place.to_le_bytes());
        })
    };
    assert_eq!(lies_at(0), [""; 0]);
    assert_eq!((lies_at(128), lies_at(127), lies_at(u32::MAX)), (vec![], vec!["host".into()], vec!["host".into()]));
    let length = |length: u16| lost(&table, |bytes| bytes.set_length("control", reference, |_| length));
    assert_eq!((length(33), length(32), length(31)), (vec![], vec![], vec!["host".into()]));
    // The last byte of the control descriptor is reserved and may hold anything.
    let before = lost(&table, |bytes| {
        bytes.0[127] = 2;
        bytes.set("control", reference, &[127, 0, 0, 0]);
    });
    assert_eq!(before, ["host"]);
}

/// The bytes that a later revision added, by the descriptor that they belong to.
fn later(table: &Table, change: impl FnOnce(&mut Bytes)) -> Vec<(String, Range<usize>)> {
    let all = fields(&patched(table, change).remove(0));
    all.into_iter().filter(|f| f.field == "of a later revision").map(|f| (f.structure, f.span)).collect()
}

#[test]
fn longer_descriptors_have_what_a_later_revision_added() {
    let mut table = tables::static4();
    table.discovery = vec![tables::discovery(1, 1)];
    assert_eq!(later(&table, |_| ()), []);
    // Two of them behind the heap; the table may end before the last one does.
    for cut in [0, 3, 8] {
        let mut place = 0;
        let found = later(&table, |bytes| {
            let first = bytes.find("discovery 1", "structure ID").start;
            let descriptor = [&bytes.0[first..first + 32], &[0x55; 8]].concat();
            place = bytes.0.len();
            bytes.0.extend([descriptor.as_slice(), &descriptor].concat());
            bytes.0[place + 42] = 2;
            bytes.0.truncate(place + 80 - cut);
            bytes.set_list("discovery list", place, 40, 2);
            bytes.add("header", "length", 80 - cut as i32);
        });
        let mut expected = vec![("discovery 1".into(), place + 32..place + 40)];
        if cut < 8 {
            expected.push(("discovery 2".into(), place + 72..place + 80 - cut));
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn lists_are_shown_up_to_32_bytes() {
    let shown = |length: u8| {
        let mut table = tables::static4();
        table.ssns[0].secondary_hfis = (1..=length).collect();
        let all = fields(&patched(&table, |_| ()).remove(0));
        let list = all.into_iter().find(|field| field.field == "secondary HFI list");
        list.and_then(|field| field.value).expect("it is there")
    };
    let bytes = |length: u8| (1..=length).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    assert_eq!((shown(31), shown(32), shown(33)), (bytes(31), bytes(32), bytes(32) + " …"));
}

#[test]
fn fields_are_said_in_words() {
    let table = tables::full();
    let bytes = patched(&table, |bytes| {
        bytes.set("SSNS 1", "flags", &[0x13, 0x81]);
        bytes.set("HFI 1", "flags", &[0x00]);
        bytes.set("discovery 4", "flags", &[0x80]);
        bytes.set("HFI 7 transport info", "PCIe routing ID", &[0x1b, 0xe1, 0x02, 0x00]);
    });
    let all = fields(&bytes[0]);
    let value = |structure: &str, field: &str| {
        let found = all.iter().find(|one| one.structure == structure && one.field == field);
        found.expect("it is there").value.clone().unwrap_or_default()
    };
    assert_eq!(value("SSNS 1", "flags"), "0x8113 (valid, non-bootable, extended info, unavailable), reserved 0x8000");
    assert_eq!((value("HFI 1", "flags"), value("discovery 4", "flags")), ("0x0".into(), "0x80, reserved 0x80".into()));
    assert_eq!(value("HFI 7 transport info", "PCIe routing ID"), "0002:e1:03.3");
    assert_eq!(value("SSNS 1", "transport type"), "3 (tcp)");
    assert_eq!(value("header", "OEM revision"), "0x1");
    assert_eq!(value("HFI 7", "transport info reference").split(" at ").next(), Some("128 bytes"));
    assert_eq!(value("discovery 4", "NQN reference"), "absent");
    assert_eq!(value("control", "discovery list"), "1 × 32 bytes at 0x220, version 1");
}

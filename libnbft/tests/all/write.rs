//! Tests which models the writer refuses, and that serde loses nothing of a model.

use crate::support::tables::{self, tcp};
use libnbft::model::{HfiFlags, Nqn, SecurityFlags, SsnsFlags, Table, TransportType};
use libnbft::{parse, repair_checksum, write};

/// What the writer says of a changed table.
fn refused(mut table: Table, change: impl FnOnce(&mut Table)) -> String {
    change(&mut table);
    write(&table).expect_err("it cannot be written").to_string()
}

#[test]
fn what_would_not_read_back_is_refused() {
    let (static4, full) = (tables::static4, tables::full);
    let cases = [
        (refused(static4(), |table| table.header.major = 2), "header: the major revision is 2; it must be 1"),
        (
            refused(static4(), |table| table.control.flags = 0xfe),
            "control descriptor: it is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(static4(), |table| table.host.as_mut().expect("there").flags.0 = 0xfe),
            "host: it is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(static4(), |table| table.hfis[0].flags = HfiFlags(0xfe)),
            "HFI 1: it is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(static4(), |table| table.ssns[0].flags = SsnsFlags(0x10)),
            "SSNS 1: it is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(full(), |table| table.security[0].flags = SecurityFlags(0)),
            "security profile 3: it is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(full(), |table| table.discovery[0].flags.0 = 2),
            "discovery 4: it is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(static4(), |table| tcp(table, 0).flags.0 = 0),
            "HFI 1: the transport info is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(full(), |table| tcp(table, 0).ext.as_mut().expect("there").flags.0 = 2),
            "HFI 1: the extended info is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(full(), |table| table.ssns[0].ext.as_mut().expect("there").flags.0 = 2),
            "SSNS 1: the extended info is not marked valid (flags, bit 0), so that no reader would see it",
        ),
        (
            refused(static4(), |table| table.hfis = vec![table.hfis[0].clone(); 256]),
            "HFI: the list has 256 descriptors; at most 255 can be counted",
        ),
        (
            refused(static4(), |table| table.ssns[0].nqn = Some(Nqn(String::new()))),
            "SSNS 1: the NQN is empty; leave it out instead",
        ),
        (
            refused(static4(), |table| table.ssns[0].trsvcid = Some("44\x0020".into())),
            "SSNS 1: the transport service ID holds a NUL, which ends a string in the table",
        ),
        (
            refused(static4(), |table| tcp(table, 0).host_name = Some("x".repeat(1025))),
            "HFI 1: the host name has 1025 bytes; at most 1024 are read",
        ),
        (
            refused(static4(), |table| table.header.driver_path = Some("x".repeat(65536))),
            "header: the driver path has 65536 bytes; at most 65535 are read",
        ),
        (
            refused(static4(), |table| table.ssns[0].secondary_hfis = vec![1; 1025]),
            "SSNS 1: the secondary HFI list has 1025 bytes; at most 1024 are read",
        ),
        (
            refused(full(), |table| tcp(table, 0).ext.as_mut().expect("there").duid = Some(vec![4; 131])),
            "HFI 1: the DUID has 131 bytes; at most 130 are read",
        ),
        (
            refused(full(), |table| tcp(table, 0).ext.as_mut().expect("there").duid = Some(vec![])),
            "HFI 1: the DUID is empty; leave it out instead",
        ),
        (
            refused(full(), |table| table.security[0].hashes = Some(vec![])),
            "security profile 3: the hash function list is empty; leave it out instead",
        ),
        (
            refused(static4(), |table| table.hfis[0].transport = TransportType(4)),
            "HFI 1: the transport info has no place: the transport type is not NVMe/TCP, so that no reader would look at it",
        ),
        (
            refused(full(), |table| tcp(table, 0).info_version = 1),
            "HFI 1: the extended info has no place: the transport info version is below 2, so that no reader would look at it",
        ),
        (
            refused(tables::vlan(), |table| tcp(table, 0).info_version = 1),
            "HFI 1: the PCIe segment number has no place: the transport info version is below 2, so that no reader would look at it",
        ),
        (
            refused(full(), |table| tcp(table, 0).ext.as_mut().expect("there").flags.0 = 1),
            "HFI 1: the IAID has no place: the flag for the DHCP client identifier is not set, so that no reader would look at it",
        ),
        (
            refused(static4(), |table| table.ssns[0].flags = SsnsFlags::VALID),
            "SSNS 1: the extended info has no place: the flag for it is not set, so that no reader would look at it",
        ),
        (
            refused(full(), |table| table.security[0].flags = SecurityFlags::VALID),
            "security profile 3: the secure channel algorithm list has no place: the profile's flags do not say so, so that no reader would look at it",
        ),
    ];
    for (is, should) in cases {
        assert_eq!(is, should);
    }
}

#[test]
fn the_longest_values_are_written() {
    let mut table = tables::full();
    table.header.driver_path = Some("x".repeat(65535));
    table.ssns[0].nqn = Some(Nqn("x".repeat(1024)));
    table.ssns[0].secondary_hfis = vec![7; 1024];
    tcp(&mut table, 0).ext.as_mut().expect("there").duid = Some(vec![4; 130]);
    table.discovery = vec![table.discovery[0].clone(); 255];
    let bytes = write(&table).expect("it can be written");
    assert_eq!(parse(&bytes).expect("it can be read").table, table);
}

/// Header and control descriptor, byte by byte: reader and writer could agree on what is wrong.
#[test]
fn the_head_is_as_the_specification_has_it() {
    let bytes = write(&tables::full()).expect("it can be written");
    let table = tables::full();
    let (descriptors, heap) = (2 * 32 + 2 * 128 + 64 + 32, 160 + 2 * 32 + 2 * 128 + 64 + 32);
    assert_eq!(&bytes[..4], b"NBFT");
    assert_eq!(&bytes[4..8], (bytes.len() as u32).to_le_bytes());
    assert_eq!(bytes[8], 1);
    assert_eq!(bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)), 0);
    assert_eq!(&bytes[10..24], b"NBFTCOTESTDATA");
    assert_eq!(&bytes[24..36], [1, 0, 0, 0, b'N', b'B', b'F', b'T', 1, 0, 0, 0]);
    assert_eq!(&bytes[36..40], (heap as u32).to_le_bytes());
    assert_eq!(&bytes[40..44], ((bytes.len() - heap) as u32).to_le_bytes());
    let path = table.header.driver_path.expect("there is one");
    assert_eq!(&bytes[44..48], (heap as u32).to_le_bytes());
    assert_eq!(&bytes[48..50], (path.len() as u16).to_le_bytes());
    assert_eq!(&bytes[heap..=heap + path.len()], [path.as_bytes(), b"\0"].concat());
    assert_eq!(bytes[50], 1);
    assert_eq!(&bytes[51..64], [0; 13]);
    assert_eq!(&bytes[64..80], [1, 1, 0, 0, 64, 0, 1, 0, 128, 0, 0, 0, 32, 0, 1, 0]);
    let lists = [(160, 32, 2), (224, 128, 2), (480, 64, 1), (544, 32, 1)];
    for (number, (offset, length, count)) in lists.into_iter().enumerate() {
        let at = 80 + 8 * number;
        let [low, high] = u16::to_le_bytes(offset);
        assert_eq!(&bytes[at..at + 8], [low, high, 0, 0, length, 0, 1, count], "list {number}");
    }
    assert_eq!(&bytes[112..128], [0; 16]);
    assert_eq!(
        [bytes[128], bytes[160], bytes[192], bytes[224], bytes[352], bytes[480], bytes[544]],
        [2, 3, 3, 4, 4, 5, 6]
    );
    assert_eq!(160 + descriptors, heap);
}

#[test]
fn a_checksum_is_repaired() {
    let mut bytes = write(&tables::static4()).expect("it can be written");
    let right = bytes.clone();
    bytes[9] = bytes[9].wrapping_add(77);
    repair_checksum(&mut bytes);
    assert_eq!(bytes, right);
    let mut few = [1, 2, 3];
    repair_checksum(&mut few);
    assert_eq!(few, [1, 2, 3]);
}

#[test]
fn the_model_survives_serde() {
    let written = tables::all().into_iter().map(|(_, table)| table);
    let read = crate::common::firmware().into_iter().map(|sample| parse(&sample.bytes).expect("it can be read").table);
    for table in written.chain(read) {
        let text = serde_json::to_string(&table).expect("it can be written as JSON");
        assert_eq!(serde_json::from_str::<Table>(&text).expect("it can be read from JSON"), table);
    }
    let mapped: libnbft::model::Address = serde_json::from_str("\"::ffff:192.0.2.1\"").expect("it is an address");
    assert_eq!(mapped, tables::ip("192.0.2.1"));
}

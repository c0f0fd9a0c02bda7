//! Tests the findings of broken structures: their messages and the bytes that they mark.

use crate::support::cases::{Bytes, patched};
use crate::support::found::{at, found};
use crate::support::tables::{self, tcp};
use libnbft::model::{Nqn, TransportType};
use libnbft::{parse, write};
use std::ops::Range;

fn of(text: &str, span: Range<usize>) -> (String, Range<usize>) {
    (text.into(), span)
}

#[test]
fn a_descriptor_of_another_kind_or_not_valid() {
    let table = tables::full();
    let cases = [
        ("host", "host", 2),
        ("HFI 7", "HFI 7", 3),
        ("SSNS 2", "SSNS 2", 4),
        ("security profile 3", "security profile 3", 5),
        ("discovery 4", "discovery 4", 6),
    ];
    for (structure, owner, id) in cases {
        // What named the descriptor names nothing now, which is said too.
        let first = |change: fn(&mut Bytes, &str)| {
            let all = found(&table, |bytes| change(bytes, structure));
            all.into_iter().find(|(text, _)| text.starts_with("descriptor-")).expect("it is said")
        };
        let other = format!("descriptor-id: {owner}: the structure ID is 99, not {id}");
        let place = at(&table, structure, "structure ID");
        assert_eq!(first(|bytes, structure| bytes.set(structure, "structure ID", &[99])), (other, place));
        let invalid = format!("descriptor-invalid: {owner} is not marked valid");
        let place = at(&table, structure, "flags");
        assert_eq!(first(|bytes, structure| bytes.set(structure, "flags", &[0])), (invalid, place));
    }
}

#[test]
fn an_object_of_another_kind_or_not_valid() {
    let table = tables::full();
    let only = |structure: &str, field: &str, value: &[u8]| {
        let all = found(&table, |bytes| bytes.set(structure, field, value));
        all.into_iter()
            .filter(|(text, _)| text.starts_with("object-") || text.starts_with("transport-"))
            .collect::<Vec<_>>()
    };
    for (structure, owner, id) in [
        ("HFI 1 transport info", "HFI 1: the", 7),
        ("HFI 1 extended info", "HFI 1: the", 10),
        ("SSNS 1 extended info", "SSNS 1: the", 9),
    ] {
        let kind = structure.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).expect("it has a kind").1;
        let invalid = format!("object-invalid: {owner} {kind} is not marked valid");
        assert_eq!(only(structure, "flags", &[2]), [(invalid, at(&table, structure, "flags"))]);
        let other =
            format!("object-id: {} the structure ID of the {kind} is 99, not {id}", owner.replace("the", "").trim());
        assert_eq!(only(structure, "structure ID", &[99]), [(other, at(&table, structure, "structure ID"))]);
        let version = format!("object-version: {owner} version of the {kind} is 9; the highest known is 1");
        assert_eq!(only(structure, "version", &[9]), [(version, at(&table, structure, "version"))]);
    }
    let info = "HFI 1 transport info";
    let version = "object-version: HFI 1: the version of the transport info's fields is 9; the highest known is 2";
    let field = "transport info version";
    assert_eq!(only(info, field, &[9]), [of(version, at(&table, info, field))]);
    let transport =
        |owner| format!("transport-unknown: {owner}: the transport type is 9; only 3 (NVMe/TCP) is defined");
    for (structure, owner) in [(info, "HFI 1"), ("HFI 1", "HFI 1"), ("SSNS 1", "SSNS 1")] {
        let place = at(&table, structure, "transport type");
        assert_eq!(only(structure, "transport type", &[9]), [(transport(owner), place)]);
    }
}

#[test]
fn an_hfi_without_transport_info() {
    let mut table = tables::static4();
    table.hfis[0].tcp = None;
    let expected = of("info-missing: HFI 1 has no transport info", at(&table, "HFI 1", "transport info reference"));
    assert_eq!(found(&table, |_| ()), [expected]);
    table.hfis[0].transport = TransportType(4);
    let expected = "transport-unknown: HFI 1: the transport type is 4; only 3 (NVMe/TCP) is defined";
    assert_eq!(found(&table, |_| ()), [of(expected, at(&table, "HFI 1", "transport type"))]);
}

#[test]
fn an_object_outside_the_heap_or_too_long_or_too_short() {
    let table = tables::static4();
    let (traddr, info) = ("transport address reference", "transport info reference");
    let (place, heap) = (at(&table, "SSNS 1", traddr), at(&table, "header", "driver path").start);
    let end = write(&table).expect("it can be written").len();
    for offset in [1, heap - 1, end - 15, end, u32::MAX as usize] {
        let text = format!(
            "object-outside: SSNS 1: the transport address lies at {offset} with 16 bytes, outside the heap ({heap} to {end})"
        );
        let all = found(&table, |bytes| bytes.set("SSNS 1", traddr, &(offset as u32).to_le_bytes()));
        assert_eq!(all, [(text, place.clone())]);
    }
    // The first and the last bytes of the heap belong to it.
    for offset in [heap, end - 16] {
        let all = found(&table, |bytes| bytes.set("SSNS 1", traddr, &(offset as u32).to_le_bytes()));
        assert!(!all.iter().any(|(text, _)| text.starts_with("object-")), "{all:?}");
    }
    let short = of("object-short: SSNS 1: the transport address has 15 bytes; it takes 16", {
        let object = at(&table, "SSNS 1", "transport address");
        object.start..object.end - 1
    });
    assert_eq!(found(&table, |bytes| bytes.set_length("SSNS 1", traddr, |_| 15)), [short]);
    let short = of("object-short: HFI 1: the transport info has 127 bytes; it takes 128", {
        let start = at(&table, "HFI 1 transport info", "structure ID").start;
        start..start + 127
    });
    assert_eq!(found(&table, |bytes| bytes.set_length("HFI 1", info, |_| 127)), [short]);
    let mut long = tables::static4();
    long.header.driver_path = Some("x".repeat(1025));
    let path = at(&long, "header", "driver path").start as u32;
    let nqn = at(&long, "SSNS 1", "NQN reference");
    let set = |length: u16| {
        found(&long, |bytes| {
            bytes.set("SSNS 1", "NQN reference", &path.to_le_bytes());
            bytes.set_length("SSNS 1", "NQN reference", |_| length);
        })
    };
    assert_eq!(set(1025), [of("object-long: SSNS 1: the NQN has 1025 bytes; at most 1024 are read", nqn)]);
    assert!(!set(1024).iter().any(|(text, _)| text.starts_with("object-")));
}

#[test]
fn the_host_descriptor_lies_between_the_head_and_the_end() {
    let table = tables::static4();
    let reference = at(&table, "control", "host descriptor reference");
    let end = write(&table).expect("it can be written").len();
    for offset in [0, 64, 127, end - 31, end, u32::MAX as usize] {
        let text = format!("host-outside: the host descriptor lies at {offset}; it must lie between 128 and {end}");
        let outside = (text, reference.clone());
        let all = found(&table, |bytes| {
            bytes.set("control", "host descriptor reference", &(offset as u32).to_le_bytes());
        });
        // What of it lies in the table lies in the heap.
        let text = format!("heap-overlap: the heap overlaps the host descriptor from {offset} to {end}");
        let overlap = (offset == end - 31).then_some((text, offset..end));
        assert_eq!(all, std::iter::once(outside).chain(overlap).collect::<Vec<_>>());
    }
    for length in [1, 31] {
        let text = format!("host-short: the host descriptor's stated length is {length} bytes; it has 32");
        let all = found(&table, |bytes| bytes.set_length("control", "host descriptor reference", |_| length));
        assert_eq!(all, [(text, reference.clone())]);
    }
    let all = found(&table, |bytes| bytes.set_length("control", "host descriptor reference", |_| 33));
    assert_eq!(all, []);
}

#[test]
fn a_list_is_read_as_far_as_it_goes() {
    let mut table = tables::static4();
    table.discovery = (1..=5).map(|index| tables::discovery(index, 1)).collect();
    let list = at(&table, "control", "discovery list");
    let bytes = write(&table).expect("it can be written");
    let (first, end) = (at(&table, "discovery 1", "structure ID").start, bytes.len());
    // The descriptors are copied behind the heap, where the file ends in the midst of them.
    for (room, fitting) in [(31, 0), (32, 1), (63, 1), (64, 2), (100, 3), (128, 4), (159, 4)] {
        let bytes = patched(&table, |bytes| {
            let descriptors = bytes.0[first..first + room].to_vec();
            bytes.0.extend(descriptors);
            bytes.add("header", "length", room as i32);
            bytes.set_list("discovery list", end, 32, 5);
        });
        let parsed = parse(&bytes[0]).expect("it can be read");
        let said: Vec<_> =
            parsed.findings.iter().map(|finding| (finding.message.clone(), finding.span.clone())).collect();
        let text = format!(
            "the discovery list ends at {}, the table at {}: {fitting} of 5 can be read",
            end + 160,
            end + room
        );
        assert_eq!(said, [(text, list.clone())]);
        let indexes: Vec<_> = parsed.table.discovery.iter().map(|discovery| discovery.index).collect();
        assert_eq!(indexes, (1..=fitting).collect::<Vec<u8>>());
    }
    let set = |offset, length| found(&table, |bytes| bytes.set_list("discovery list", offset, length, 5));
    let stride = list.start + 4..list.start + 6;
    let short =
        |length| format!("list-stride-short: the descriptors of the discovery list have {length} bytes; they take 32");
    assert_eq!((set(first, 31), set(first, 0)), (vec![(short(31), stride.clone())], vec![(short(0), stride)]));
    let text = "list-in-header: the discovery list begins at 127, inside the header or the control descriptor";
    assert_eq!(set(127, 32), [of(text, list.start..list.start + 4)]);
    assert_eq!(set(first, 32), []);
}

#[test]
fn the_heap_begins_behind_the_head() {
    let table = tables::static4();
    let fields = at(&table, "header", "heap offset").start..at(&table, "header", "heap length").end;
    let heap = at(&table, "header", "driver path").start;
    let move_to = |start: usize| {
        found(&table, |bytes| {
            bytes.add("header", "heap offset", start as i32 - heap as i32);
            bytes.add("header", "heap length", heap as i32 - start as i32);
        })
    };
    let begins = |start| {
        let text = format!("heap-overlap: the heap begins at {start}, inside the header or the control descriptor");
        (text, fields.clone())
    };
    let over = |what: &str, span: Range<usize>| {
        let text = format!("heap-overlap: the heap overlaps the {what} from {} to {}", span.start, span.end);
        (text, span)
    };
    let lists = [over("HFI list", 160..192), over("SSNS list", 192..320)];
    assert_eq!(move_to(heap), []);
    assert_eq!(move_to(310), [over("SSNS list", 310..320)]);
    assert_eq!(move_to(160), lists);
    let all = [vec![over("host descriptor", 128..160)], lists.to_vec()].concat();
    assert_eq!(move_to(128), all);
    assert_eq!(move_to(127), [vec![begins(127)], all].concat());
    // The end counts, not that there is one: a heap without length lies nowhere.
    let nowhere = |start: i32| {
        let mut head = tables::host_only();
        (head.header.driver_path, head.host) = (None, None);
        found(&head, |bytes| bytes.add("header", "heap offset", start))
    };
    let reference = at(&table, "control", "host descriptor reference");
    let missing = [of("host-missing: there is no host descriptor", reference)];
    for start in [-100, 0, 1000] {
        assert_eq!(nowhere(start), missing, "{start}");
    }
    // Directly behind the head is where the heap of a table without descriptors begins.
    let mut bare = tables::host_only();
    bare.host = None;
    assert_eq!(found(&bare, |_| ()), missing);
    let text = format!("heap-outside: the heap goes from {heap} to {}, the table ends at {}", 1001, 1000);
    let mut long = tables::static4();
    let length = write(&long).expect("it can be written").len();
    long.header.driver_path.as_mut().expect("there is one").push_str(&"x".repeat(1000 - length));
    assert_eq!(found(&long, |bytes| bytes.add("header", "heap length", 1)), [(text, fields)]);
}

#[test]
fn parts_that_lie_over_each_other() {
    let table = tables::multipath();
    let host = "host descriptor reference";
    let set_host = |place: u32, length: u16| {
        found(&table, |bytes| {
            bytes.set("control", host, &place.to_le_bytes());
            bytes.set_length("control", host, |_| length);
        })
    };
    let (hfis, heap) = (at(&table, "HFI 1", "structure ID").start, at(&table, "header", "driver path").start);
    let text = format!("list-overlap: the host descriptor overlaps the HFI list from {} to {}", hfis + 16, hfis + 48);
    let mut all = set_host(hfis as u32 + 16, 32);
    // The middle of an HFI descriptor is no host descriptor.
    all.retain(|(text, _)| !text.starts_with("descriptor-id"));
    assert_eq!(all, [(text, hfis + 16..hfis + 48)]);
    // What is not read as a host descriptor lies over nothing.
    let reference = at(&table, "control", host);
    let short = of("host-short: the host descriptor's stated length is 16 bytes; it has 32", reference.clone());
    assert_eq!(set_host(heap as u32, 16), [short]);
    let end = write(&table).expect("it can be written").len();
    let all = found(&table, |bytes| {
        bytes.set("control", host, &[64, 0, 0, 0]);
        bytes.set("header", "heap offset", &[64, 0, 0, 0]);
        bytes.set("header", "heap length", &((end - 64) as u32).to_le_bytes());
    });
    let texts: Vec<_> = all.iter().map(|(text, _)| text.as_str()).collect();
    let expected = [
        "heap-overlap: the heap begins at 64, inside the header or the control descriptor".to_string(),
        format!("host-outside: the host descriptor lies at 64; it must lie between 128 and {end}"),
        "heap-overlap: the heap overlaps the HFI list from 160 to 224".to_string(),
        "heap-overlap: the heap overlaps the SSNS list from 224 to 480".to_string(),
    ];
    assert_eq!(texts, expected);
    // The second of two long descriptors reaches into the next list.
    let all = found(&table, |bytes| bytes.set_list("HFI list", hfis, 40, 2));
    let texts: Vec<_> = all.iter().map(|(text, _)| text.as_str()).filter(|text| text.contains("overlap")).collect();
    assert_eq!(
        texts,
        [format!("list-overlap: the HFI list overlaps the SSNS list from {} to {}", hfis + 64, hfis + 80)]
    );
}

#[test]
fn a_string_ends_with_a_nul_of_the_heap() {
    let table = tables::host_only();
    let nqn = at(&table, "host", "NQN");
    let text = of("text-unterminated: host: the NQN is not followed by a NUL", nqn.clone());
    // The NUL is there, but the heap ends before it.
    assert_eq!(found(&table, |bytes| bytes.add("header", "heap length", -1)), std::slice::from_ref(&text));
    assert_eq!(found(&table, |bytes| bytes.0[nqn.end] = b'x'), [text]);
    let counted = of("text-nul-counted: host: the length of the NQN counts its NUL", nqn.end..nqn.end + 1);
    assert_eq!(found(&table, |bytes| bytes.set_length("host", "NQN reference", |length| length + 1)), [counted]);
    let early = of("text-nul: host: the NQN has a NUL after 60 of 68 bytes", nqn.start + 60..nqn.start + 61);
    let all = found(&table, |bytes| bytes.0[nqn.start + 60] = 0);
    assert_eq!(all[0].1, nqn, "what is left is no NQN with a UUID");
    assert_eq!(all[1..], [early]);
}

#[test]
fn what_is_wrong_in_a_string_is_marked() {
    let mut table = tables::static4();
    table.header.driver_path = Some("Fv(1)\u{85}".into());
    let path = at(&table, "header", "driver path");
    let text = "driver-path-garbage: header: the driver path holds a control character";
    assert_eq!(found(&table, |_| ()), [of(text, path.start + 5..path.start + 6)]);
    table.header.driver_path = None;
    tcp(&mut table, 0).host_name = Some("abc\u{7f}d".into());
    let name = at(&table, "HFI 1", "host name");
    let text = "text-control: HFI 1: the host name holds a control character";
    assert_eq!(found(&table, |_| ()), [of(text, name.start + 3..name.start + 4)]);
    let text = "text-utf8: HFI 1: the host name is not UTF-8";
    assert_eq!(found(&table, |bytes| bytes.0[name.start + 2] = 0xff), [of(text, name.start + 2..name.start + 3)]);
}

/// Replacement characters take more room than what they stand for; the string stays below its bound.
#[test]
fn what_is_not_utf8_is_cut() {
    let read = |length: usize| {
        let mut table = tables::static4();
        table.ssns[0].nqn = Some(Nqn("x".repeat(length)));
        let at = at(&table, "SSNS 1", "NQN");
        let bytes = patched(&table, |bytes| bytes.0[at.start] = 0xff);
        parse(&bytes[0]).expect("it can be read").table.ssns[0].nqn.clone().expect("there is one").0
    };
    let shown = |rest: usize| format!("\u{fffd}{}", "x".repeat(rest));
    assert_eq!((read(1021), read(1022), read(1023), read(1024)), (shown(1020), shown(1021), shown(1021), shown(1021)));
}

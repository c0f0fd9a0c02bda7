//! Tests the rules for values with more wrong values than the rules' own tables have, and with right ones.

use crate::support::found::{Found, about, at, found};
use crate::support::tables::{self, tcp};
use libnbft::model::{NidType, Nqn, SsnsFlags, SsnsTransportFlags, Table, Uuid};
use libnbft::{check_together, parse, write};
use std::ops::Range;

const NONE: [&str; 0] = [];

#[test]
fn an_unused_reference_is_looked_at_where_it_is_unused() {
    let table = tables::full();
    let with = |structure: &str, field: &str, reference: &str, flags: Option<&[u8]>| -> Vec<_> {
        let all = found(&table, |bytes| {
            if let Some(flags) = flags {
                bytes.set(structure, "flags", flags);
            }
            bytes.set(structure, reference, &[0xff; 6]);
        });
        let said = |text: &String| text.contains(field) && !text.contains("missing");
        all.into_iter().filter(|(text, _)| said(text)).collect()
    };
    // A structure with flags, whose it is, one of its references, and flags that do not and do put that in use.
    type Case = (&'static str, &'static str, &'static str, &'static [u8], &'static [u8]);
    let cases: [Case; 9] = [
        ("SSNS 1", "SSNS 1", "extended info", &[0x89, 0], &[0x99, 0]),
        ("HFI 1 extended info", "HFI 1", "IAID", &[1], &[3]),
        ("HFI 1 extended info", "HFI 1", "DUID", &[1], &[3]),
        ("security profile 3", "security profile 3", "secure channel algorithm list", &[0x01, 0x0e], &[0x01, 0x0f]),
        ("security profile 3", "security profile 3", "authentication protocol list", &[0x01, 0x0e], &[0x11, 0x0e]),
        ("security profile 3", "security profile 3", "cipher suite list", &[0x99, 0x0c], &[0x99, 0x0e]),
        ("security profile 3", "security profile 3", "KX group list", &[0x99, 0x0a], &[0x99, 0x0e]),
        ("security profile 3", "security profile 3", "hash function list", &[0x99, 0x06], &[0x99, 0x0e]),
        ("SSNS 2", "SSNS 2", "extended info", &[0x85, 0], &[0x95, 0]),
    ];
    for (structure, owner, field, unused, used) in cases {
        let reference = format!("{field} reference");
        let place = at(&table, structure, &reference);
        let text =
            format!("unused-reference: {owner}: the {field} is not in use, and its reference points outside the heap");
        assert_eq!(with(structure, field, &reference, Some(unused)), [(text, place.clone())]);
        let used = with(structure, field, &reference, Some(used));
        assert_eq!(used.len(), 1, "{used:?}");
        let text = format!("object-outside: {owner}: the {field} lies at {} with {} bytes", u32::MAX, u16::MAX);
        assert!(used[0].0.starts_with(&text) && used[0].1 == place, "{used:?}");
    }
    // The root path belongs to a structure whose own flags do not say it.
    let (structure, field) = ("SSNS 1 extended info", "DHCP root path");
    let reference = format!("{field} reference");
    let place = at(&table, structure, &reference);
    let outside = |flags: u8| {
        let all = found(&table, |bytes| {
            bytes.set("SSNS 1", "flags", &[flags]);
            bytes.set(structure, &reference, &[0xff; 6]);
        });
        assert_eq!(all.iter().map(|(_, span)| span.clone()).collect::<Vec<_>>(), std::slice::from_ref(&place));
        all[0].0.split(':').next().map(String::from).expect("it has a rule")
    };
    assert_eq!((outside(0x91), outside(0x99)), ("unused-reference".into(), "object-outside".into()));
}

#[test]
fn reserved_bytes_are_marked_from_the_first_to_the_last() {
    let info = "HFI 1 transport info";
    let set = |table: &Table, places: &[usize]| {
        let start = at(table, info, "structure ID").start;
        let all = found(table, |bytes| places.iter().for_each(|place| bytes.0[start + place] = 1));
        let relative = |(text, span): (String, Range<usize>)| {
            assert_eq!(text, "reserved-not-zero: HFI 1 transport info: reserved bytes are not zero");
            (span.start - start, span.end - start)
        };
        all.into_iter().map(relative).collect::<Vec<_>>()
    };
    // What later became fields was reserved before.
    let (old, new) = (tables::spec_1_0(), tables::static4());
    assert_eq!(set(&old, &[110]), [(110, 111)]);
    assert_eq!(set(&old, &[127]), [(127, 128)]);
    assert_eq!(set(&old, &[53, 112, 116, 120]), [(53, 54), (112, 121)]);
    assert_eq!(set(&new, &[117]), [(117, 118)]);
    assert_eq!(set(&new, &[53, 118, 127]), [(53, 54), (118, 128)]);
    let mut text = found(&new, |bytes| bytes.set("control", "reserved", &[1]));
    assert_eq!(text.remove(0), ("reserved-not-zero: control descriptor: reserved bytes are not zero".into(), 67..68));
}

#[test]
fn what_lies_behind_an_identifier() {
    let tail = |kind: u8, first: usize| {
        let mut table = tables::static4();
        let ssns = &mut table.ssns[0];
        (ssns.nid_type, ssns.nid) = (NidType(kind), [0; 16]);
        ssns.nid[first] = 1;
        let nid = at(&table, "SSNS 1", "NID").start;
        found(&table, |_| ())
            .into_iter()
            .map(|(text, span)| (text, span.start - nid..span.end - nid))
            .collect::<Found>()
    };
    let text = |used| format!("nid-tail: SSNS 1: the NID takes {used} bytes, but the bytes after it are not zero");
    assert_eq!(tail(0, 0), [(text(0), 0..16)]);
    assert_eq!((tail(1, 8), tail(1, 15)), (vec![(text(8), 8..16)], vec![(text(8), 8..16)]));
    assert_eq!((tail(1, 7), tail(2, 15), tail(3, 15)), (vec![], vec![], vec![]));
    assert_eq!(about(tables::static4(), |table| table.ssns[0].nid = [0; 16]), NONE);
    assert_eq!(about(tables::static4(), |table| table.ssns[0].nsid = 0), NONE);
}

#[test]
fn the_byte_of_a_list_is_marked() {
    let list = |secondary: &[u8]| {
        let mut table = tables::multipath();
        table.ssns[0].secondary_hfis = secondary.to_vec();
        let list = at(&table, "SSNS 1", "secondary HFI list").start;
        found(&table, |_| ())
            .into_iter()
            .map(|(text, span)| (text, span.start - list..span.end - list))
            .collect::<Found>()
    };
    let (zeros, missing) = (
        "secondary-padding: SSNS 1: the list of secondary HFIs holds zeros",
        "ssns-hfi-missing: SSNS 1: there is no HFI",
    );
    let repeats = |index| format!("secondary-repeats: SSNS 1: the list of secondary HFIs names HFI {index} again");
    assert_eq!(list(&[2, 1, 0, 0]), [(repeats(1), 1..2), (zeros.into(), 2..3)]);
    assert_eq!(list(&[0, 0, 2, 2]), [(zeros.into(), 0..1), (repeats(2), 3..4)]);
    assert_eq!(list(&[2, 9]), [(format!("{missing} 9"), 1..2)]);
    assert_eq!(list(&[2, 8, 9]), [(format!("{missing} 8, nor another one that it names"), 1..2)]);
    let mut table = tables::with_security();
    table.security[0].hashes = Some(vec![1, 2, 9, 3]);
    let hashes = at(&table, "security profile 1", "hash function list").start;
    let text = "security-code: security profile 1: the hash function 9 is unknown".to_string();
    assert_eq!(found(&table, |_| ()), [(text, hashes + 2..hashes + 3)]);
}

#[test]
fn either_digest_needs_its_flags_in_use() {
    let said = |flags: u16| about(tables::static4(), |table| table.ssns[0].transport_flags = SsnsTransportFlags(flags));
    let unused = ["digest-unused: SSNS 1: digests are required, but the transport flags are not in use"];
    assert_eq!(
        (said(2), said(4), said(6)),
        (unused.map(String::from).into(), unused.map(String::from).into(), unused.map(String::from).into())
    );
    for flags in [0, 1, 3, 5, 7] {
        assert_eq!(said(flags), NONE);
    }
}

#[test]
fn index_zero_names_nothing() {
    let zero = |kind: &str| format!("index-zero: the {kind} descriptor has index 0");
    let hfi = about(tables::static4(), |table| {
        table.hfis.push(tables::hfi(0));
        table.discovery = vec![tables::discovery(1, 0)];
    });
    assert_eq!(hfi, [zero("HFI"), "discovery-hfi-missing: discovery 1: there is no HFI 0".into()]);
    assert_eq!(about(tables::static4(), |table| table.hfis.push(tables::hfi(0))), [zero("HFI")]);
    let profile = about(tables::static4(), |table| table.security = vec![tables::profile(0)]);
    assert_eq!(profile, [zero("security profile")]);
    let used = about(tables::static4(), |table| {
        table.security = vec![tables::profile(0)];
        table.ssns[0].flags = table.ssns[0].flags.with(SsnsFlags::USE_SECURITY);
    });
    assert_eq!(
        used,
        ["ssns-security-missing: SSNS 1: there is no security profile 0".into(), zero("security profile")]
    );
    let ssns = about(tables::static4(), |table| {
        table.ssns.push(tables::ssns(0, 1));
        table.ssns.push(tables::ssns(1, 1));
    });
    assert_eq!(ssns, [zero("SSNS"), "index-duplicate: there is more than one SSNS descriptor with index 1".into()]);
}

#[test]
fn an_extended_info_of_another_hfi() {
    let mut table = tables::dhcp4();
    tcp(&mut table, 0).ext.as_mut().expect("there is one").hfi_index = 9;
    let place = at(&table, "HFI 1 extended info", "HFI index");
    let text = "info-index: HFI 1: the extended info states HFI 9".to_string();
    assert_eq!(found(&table, |_| ()), [(text, place)]);
}

#[test]
fn hosts_of_several_tables() {
    let host = |change: fn(&mut libnbft::model::Host)| {
        let mut table = tables::host_only();
        change(table.host.as_mut().expect("there is one"));
        write(&table).expect("it can be written")
    };
    let together = |tables: &[&[u8]]| -> Vec<_> {
        let parsed: Vec<_> = tables.iter().map(|bytes| parse(bytes).expect("it can be read")).collect();
        let all = check_together(&parsed.iter().collect::<Vec<_>>()).into_iter();
        all.map(|(number, finding)| (number, finding.rule.name(), finding.span)).collect()
    };
    let (one, selected) = (host(|_| ()), host(|host| host.flags.0 |= 0x10));
    let (named, numbered) =
        (host(|host| host.nqn = Some(Nqn("nqn.2014-08.org.example:h".into()))), host(|host| host.id = Uuid([7; 16])));
    let none: [(usize, &str, Range<usize>); 0] = [];
    assert_eq!(together(&[&one, &one]), none);
    assert_eq!(together(&[&one, &named]), [(1, "hosts-disagree", 146..152)]);
    assert_eq!(together(&[&one, &one, &numbered]), [(2, "hosts-disagree", 130..146)]);
    assert_eq!(together(&[&named, &selected]), none);
    assert_eq!(together(&[&selected, &one, &selected]), [(2, "selected-hosts", 129..130)]);
}

#[test]
fn a_finding_shows_itself() {
    let mut bytes = write(&tables::static4()).expect("it can be written");
    bytes[9] ^= 1;
    let parsed = parse(&bytes).expect("it can be read");
    let (is, should) = (bytes[9], bytes[9] ^ 1);
    let text = format!("error: the checksum is {is:#04x}, it should be {should:#04x} [checksum] (bytes 0x9..0xa)");
    assert_eq!(parsed.findings.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
}

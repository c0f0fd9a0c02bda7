//! Tests pages built byte by byte.

use super::*;
use crate::model::{DISCOVERY_NQN, Nqn};
use crate::text::NqnError;
use alloc::string::ToString;
use alloc::vec;

const SUBSYSTEM: &str = "nqn.2014-08.org.example:s";

fn put(bytes: &mut [u8; LEN], at: usize, text: &str) {
    bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
}

/// An entry for a subsystem over IPv4, padded with NULs as the kernel's target pads.
fn entry() -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes[..4].copy_from_slice(&[3, 1, 2, 0]);
    put(&mut bytes, 32, "4420");
    put(&mut bytes, 256, SUBSYSTEM);
    put(&mut bytes, 512, "192.0.2.1");
    bytes
}

fn read() -> Entry {
    Entry {
        kind: EntryKind::Subsystem,
        nqn: Nqn(SUBSYSTEM.into()),
        address: "192.0.2.1".parse().unwrap(),
        port: 4420,
        secure_channel_required: false,
    }
}

fn header(generation: u64, records: u64) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes[..8].copy_from_slice(&generation.to_le_bytes());
    bytes[8..16].copy_from_slice(&records.to_le_bytes());
    bytes
}

#[test]
fn an_entry_of_a_subsystem() {
    assert_eq!(Entry::parse(&entry()), Ok(read()));
}

#[test]
fn every_truncation_is_told() {
    for length in 0..LEN {
        assert_eq!(Header::parse(&header(1, 1)[..length]), Err(LogError::Short(length)));
        assert_eq!(Entry::parse(&entry()[..length]), Err(EntryError::Short(length)));
    }
    let page = [entry(), entry()].concat();
    for length in 0..=page.len() {
        let mut log = Log::new(Header { generation: 1, records: 2 });
        log.take(&page[..length]);
        assert_eq!((log.entries.len(), log.is_whole()), (length / LEN, length == page.len()), "{length}");
    }
}

#[test]
fn text_is_padded_with_blanks_or_fills_its_field() {
    let mut bytes = entry();
    for range in [32..64, 256..512, 512..768] {
        bytes[range].iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
    }
    assert_eq!(Entry::parse(&bytes), Ok(read()));
    bytes[256..512].fill(b'n');
    assert_eq!(Entry::parse(&bytes), Err(EntryError::Nqn(NqnError::Long(256))));
}

#[test]
fn referrals_and_the_controller_itself() {
    for (code, kind) in [(1, EntryKind::Referral), (3, EntryKind::Current)] {
        let mut bytes = entry();
        bytes[2] = code;
        bytes[256..512].fill(0);
        bytes[32..64].fill(0);
        let expected = Entry { kind, nqn: Nqn(DISCOVERY_NQN.into()), port: 8009, ..read() };
        assert_eq!(Entry::parse(&bytes), Ok(expected));
        put(&mut bytes, 256, "nqn.2014-08.org.example:cdc");
        put(&mut bytes, 32, "8010");
        let expected = Entry { kind, nqn: Nqn("nqn.2014-08.org.example:cdc".into()), port: 8010, ..read() };
        assert_eq!(Entry::parse(&bytes), Ok(expected));
    }
}

#[test]
fn a_subsystem_without_a_port_listens_at_the_registered_one() {
    let mut bytes = entry();
    bytes[32..64].fill(0);
    assert_eq!(Entry::parse(&bytes), Ok(Entry { port: 4420, ..read() }));
}

#[test]
fn ways_lead_to_subsystems() {
    let (mut referral, mut current) = (entry(), entry());
    (referral[2], current[2]) = (1, 3);
    let mut log = Log::new(Header { generation: 1, records: 5 });
    assert_eq!(log.subsystem_count(), 0);
    log.take(&[entry(), referral, current, entry(), entry()].concat());
    assert_eq!((log.entries.len(), log.subsystem_count()), (5, 3));
}

#[test]
fn addresses() {
    let with = |family: u8, text: &str| {
        let mut bytes = entry();
        bytes[1] = family;
        bytes[512..768].fill(0);
        put(&mut bytes, 512, text);
        Entry::parse(&bytes).map(|entry| entry.address.to_string())
    };
    for (family, text, address) in [
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "0.0.0.0", "0.0.0.0"),
        (2, "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        (2, "fe80::1%eth0", "fe80::1"),
        (2, "::", "::"),
    ] {
        assert_eq!(with(family, text), Ok(address.into()));
    }
    for (family, text) in [
        (1, ""),
        (1, "2001:db8::1"),
        (2, "192.0.2.1"),
        (1, "192.0.2.256"),
        (1, "192.0.2.1,x"),
        (1, "224.0.0.1"),
        (1, "255.255.255.255"),
        (2, "ff02::1"),
        (2, "[2001:db8::1]"),
        (1, "target.example"),
    ] {
        assert_eq!(with(family, text), Err(EntryError::Address(text.into())));
    }
    assert_eq!(with(3, "192.0.2.1"), Err(EntryError::Family(3)));
}

#[test]
fn what_cannot_be_used_says_why() {
    let with = |change: fn(&mut [u8; LEN])| {
        let mut bytes = entry();
        change(&mut bytes);
        Entry::parse(&bytes).unwrap_err().to_string()
    };
    type Case = (fn(&mut [u8; LEN]), &'static str);
    let cases: [Case; 10] = [
        (|b| b[0] = 1, "its transport type is 0x1, not NVMe/TCP"),
        (|b| b[1] = 0, "its address family is 0x0, neither IPv4 nor IPv6"),
        (|b| b[2] = 4, "its subsystem type 0x4 is unknown"),
        (|b| b[256] = 0, "it has no NQN"),
        (|b| b[256] = 0xff, "its NQN is not text"),
        (|b| b[280] = b',', "its NQN cannot be used: it holds ',', which the kernel's option string cannot carry"),
        (|b| put(b, 256, DISCOVERY_NQN), "it is a subsystem and has the discovery NQN"),
        (|b| put(b, 32, "4420x"), "its transport service ID \"4420x\" is not a TCP port"),
        (|b| put(b, 32, "0\0"), "its transport service ID \"0\" is not a TCP port"),
        (|b| b[512] = 0xff, "its transport address is not text"),
    ];
    for (change, reason) in cases {
        assert_eq!(with(change), reason);
    }
}

#[test]
fn a_name_of_another_form_is_kept() {
    let mut bytes = entry();
    put(&mut bytes, 256, "iqn.2014-08.org.example:s");
    assert_eq!(Entry::parse(&bytes).unwrap().nqn.as_str(), "iqn.2014-08.org.example:s");
}

#[test]
fn a_secure_channel() {
    for (treq, required) in [(0, false), (1, true), (2, false), (5, true), (6, false)] {
        let mut bytes = entry();
        bytes[3] = treq;
        assert_eq!(Entry::parse(&bytes).unwrap().secure_channel_required, required, "{treq}");
    }
}

#[test]
fn another_record_format_is_not_guessed_at() {
    let mut bytes = header(1, 1);
    bytes[16] = 1;
    assert_eq!(Header::parse(&bytes), Err(LogError::Format(1)));
}

#[test]
fn a_bad_entry_costs_itself() {
    let mut bad = entry();
    bad[0] = 1;
    let mut log = Log::new(Header::parse(&header(9, 3)).unwrap());
    log.take(&[entry(), bad].concat());
    assert!(!log.is_whole());
    // The page announced fewer entries, so the last one is ignored.
    log.take(&[entry(), entry()].concat());
    let expected = Log {
        generation: 9,
        records: 3,
        taken: 3,
        entries: vec![read(), read()],
        skipped: vec![Skipped { number: 2, reason: EntryError::Transport(1) }],
    };
    assert_eq!(log, expected);
    assert_eq!(log.skipped[0].to_string(), "entry 2: its transport type is 0x1, not NVMe/TCP");
    assert!(log.is_whole());
}

#[test]
fn what_is_kept_has_a_bound() {
    assert_eq!((MAX_RECORDS, MAX_ENTRIES, MAX_REASONS), (65_536, 4096, 32));
    let mut log = Log::new(Header { generation: 0, records: u64::MAX });
    assert_eq!(Header { generation: 0, records: u64::MAX }.to_read(), MAX_RECORDS);
    let (good, bad) = ([entry(); 64].concat(), vec![0; LEN * 64]);
    for _ in 0..MAX_RECORDS / 128 {
        log.take(&good);
        log.take(&bad);
    }
    assert!(log.is_whole());
    assert_eq!((log.entries.len(), log.skipped.len()), (MAX_ENTRIES, MAX_REASONS));
}

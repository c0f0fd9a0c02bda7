//! Makes inputs for the fuzz targets, and checks what is read from them.

pub mod lease;
pub mod redfish;
pub mod status;
#[path = "../../libnbft/tests/support/mod.rs"]
mod support;

use arbitrary::Unstructured;
use libnbft::discovery_log::{Header, LEN, Log};
use libnbft::model::Table;
use libnbft::plan::{Additions, Options, Plan, Source};
use libnbft::{check_together, parse, write};
use std::path::{Path, PathBuf};

/// A table made from the fuzzer's bytes, which can be written.
pub fn table(bytes: &[u8]) -> Option<Table> {
    support::random::table(&mut Unstructured::new(bytes)).ok()
}

/// A table made from the fuzzer's bytes, with anything that the model can hold.
pub fn any_table(bytes: &[u8]) -> Option<Table> {
    support::random::any_table(&mut Unstructured::new(bytes)).ok()
}

/// A damaged table made from the fuzzer's bytes, with its head in order.
pub fn damaged(bytes: &[u8]) -> Option<Vec<u8>> {
    support::random::damaged(&mut Unstructured::new(bytes)).ok()
}

/// Puts right what would end the reading at once: signature, major revision, control descriptor, checksum.
pub fn mend(bytes: &mut [u8]) {
    support::random::mend(bytes);
}

/// Every table of `testdata/`, with its path there.
///
/// # Errors
///
/// When the tables of firmware cannot be read.
pub fn seeds() -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let made = support::samples().into_iter().filter(|sample| sample.path.extension().is_none_or(|e| e == "nbft"));
    let mut tables: Vec<_> = made.map(|sample| (sample.path, sample.content)).collect();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/firmware"));
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "bin") {
            let name = Path::new("firmware").join(path.file_name().unwrap_or_default());
            tables.push((name, std::fs::read(path)?));
        }
    }
    Ok(tables)
}

/// Reads bytes in every way. What is told of them must lie inside them; what was read can be written and reads the same.
pub fn read(bytes: &[u8]) {
    let Ok(parsed) = parse(bytes) else { return };
    for field in parsed.fields() {
        assert!(field.span.start < field.span.end && field.span.end <= bytes.len(), "{field:?}");
    }
    let together = check_together(&[&parsed, &parsed]);
    for finding in parsed.check().into_iter().chain(together.into_iter().map(|(_, finding)| finding)) {
        assert!(finding.span.start < finding.span.end && finding.span.end <= bytes.len(), "{finding}");
        assert!(!finding.message.chars().any(char::is_control), "{finding:?}");
    }
    let again = write(&parsed.table).expect("what was read can be written");
    assert_eq!(parse(&again).expect("what was written can be read").table, parsed.table);
}

/// Reads bytes as a discovery log page and makes paths of it.
pub fn discover(page: &[u8]) {
    let Ok(header) = Header::parse(page) else { return };
    let mut log = Log::new(header);
    // Whatever follows the header, however it is cut.
    for piece in page[LEN..].chunks(4 * LEN) {
        log.take(piece);
    }
    assert!(log.taken <= header.to_read() && log.entries.len() as u64 <= log.taken);
    for entry in &log.entries {
        let harmful = |c: char| c == ',' || c.is_whitespace() || c.is_control();
        assert!(!entry.nqn.0.is_empty() && !entry.nqn.0.contains(harmful), "{entry:?}");
        assert!(entry.port != 0 && !entry.address.is_multicast(), "{entry:?}");
    }
    let as_fall_back = support::tables::with_discovery();
    let mut at_once = as_fall_back.clone();
    at_once.ssns.clear();
    for table in [as_fall_back, at_once] {
        let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
        let controller = plan.discovery.first().cloned().expect("the table names one that can be asked");
        let all: Vec<String> = log.entries.iter().map(|entry| entry.nqn.0.clone()).collect();
        let mut added = Additions::default();
        let found = plan.discover(&mut added, &controller, &log, &all);
        let whole = plan.with(&added);
        assert!(found.paths.iter().all(|path| *path < whole.paths.len()));
        assert!(whole.namespaces.iter().flat_map(|namespace| &namespace.paths).all(|path| *path < whole.paths.len()));
        let before = added.clone();
        assert_eq!(plan.discover(&mut added, &controller, &log, &all), found);
        assert_eq!(added, before);
    }
}

/// Discovery log pages near to what a controller sends.
pub fn pages() -> Vec<Vec<u8>> {
    let entry = |transport: u8, family: u8, kind: u8, address: &str, nqn: &str| {
        let mut bytes = vec![0; LEN];
        bytes[..3].copy_from_slice(&[transport, family, kind]);
        for (at, text) in [(32, "4420"), (256, nqn), (512, address)] {
            bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        bytes
    };
    let page = |entries: &[Vec<u8>]| {
        let mut bytes = vec![0; LEN];
        bytes[0] = 1;
        bytes[8] = entries.len() as u8;
        bytes.extend(entries.concat());
        bytes
    };
    let subsystem = "nqn.2026-11.net.example:root";
    vec![
        page(&[]),
        page(&[entry(3, 1, 2, "192.0.2.1", subsystem)]),
        page(&[
            entry(3, 1, 3, "192.0.2.1", "nqn.2014-08.org.nvmexpress.discovery"),
            entry(3, 1, 1, "192.0.2.9", ""),
            entry(3, 1, 2, "0.0.0.0", subsystem),
            entry(3, 2, 2, "2001:db8:1::1", subsystem),
            entry(1, 1, 2, "192.0.2.1", subsystem),
        ]),
    ]
}

//! Measures that reading a table allocates in proportion to the input.

mod support;

use arbitrary::Unstructured;
use libnbft::parse;
use libnbft::plan::{Options, Plan, Source};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is allocated at a time.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: each call is passed on to the system's allocator with what was given; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `pointer` came from `System.alloc` with this layout, as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that `work` has allocated at a time.
fn peak(work: impl FnOnce()) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed) - before
}

/// Bytes that may be allocated for each byte of input, findings and their messages included.
const FACTOR: usize = 64;
/// What any input may take.
const BASE: usize = 8192;

fn bounded(name: &str, bytes: &[u8]) {
    let model = peak(|| drop(parse(bytes)));
    let limit = BASE + FACTOR * bytes.len();
    assert!(model <= limit, "{name}: parse takes {model} bytes for {} of input", bytes.len());
    if let Ok(parsed) = parse(bytes) {
        let checking = peak(|| drop(parsed.check()));
        assert!(checking <= limit, "{name}: check takes {checking} bytes for {} of input", bytes.len());
    }
}

/// 255 descriptors in each list, all of which refer to the same bytes of the heap.
fn overlapping(length: u16, fill: u8) -> Vec<u8> {
    let mut table = support::tables::with_security();
    let hfi = |index| {
        let mut hfi = support::tables::hfi(1);
        hfi.index = index;
        hfi
    };
    table.hfis = (1..=255).map(hfi).collect();
    table.ssns = (1..=255).map(|index| support::tables::ssns(index, 1)).collect();
    table.security = (1..=255).map(support::tables::profile).collect();
    table.discovery = (1..=255).map(|index| support::tables::discovery(index, 1)).collect();
    let mut bytes = libnbft::write(&table).expect("it can be written");
    let heap = bytes.len();
    bytes.resize(heap + usize::from(length), fill);
    let references: Vec<_> = support::fields(&bytes)
        .into_iter()
        .filter(|field| {
            field.field.ends_with("reference") && !field.field.contains("info") && field.structure != "control"
        })
        .map(|field| field.span)
        .collect();
    assert!(references.len() > 255 * 10, "{}", references.len());
    for span in references {
        bytes[span.start..span.start + 4].copy_from_slice(&(heap as u32).to_le_bytes());
        bytes[span.start + 4..span.end].copy_from_slice(&length.to_le_bytes());
    }
    let total = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&total.to_le_bytes());
    let heap_offset = u32::from_le_bytes([bytes[36], bytes[37], bytes[38], bytes[39]]);
    bytes[40..44].copy_from_slice(&(total - heap_offset).to_le_bytes());
    libnbft::repair_checksum(&mut bytes);
    bytes
}

/// As many findings as there can be: every SSNS names every HFI, in one list that all of them share, and each path is wrong.
fn many_findings(with_hfis: bool) -> Vec<u8> {
    let mut table = support::tables::static4();
    if with_hfis {
        table.hfis = vec![support::tables::hfi(1); 255];
        for (number, hfi) in table.hfis.iter_mut().enumerate() {
            hfi.index = number as u8 + 1;
        }
    }
    table.ssns = (1..=255).map(|index| support::tables::ssns(index, 1)).collect();
    let mut bytes = libnbft::write(&table).expect("it can be written");
    let fields = support::fields(&bytes);
    let list = bytes.len();
    bytes.extend((0..1024_u32).map(|number| number as u8));
    let target = list + 1024;
    bytes.extend_from_slice(&support::tables::ip("198.51.100.1").to_bytes());
    for field in &fields {
        let (place, length) = match field.field {
            "secondary HFI list reference" => (list as u32, 1024_u16),
            "transport address reference" => (target as u32, 16),
            _ => continue,
        };
        let span = field.span.clone();
        bytes[span.start..span.start + 4].copy_from_slice(&place.to_le_bytes());
        bytes[span.start + 4..span.end].copy_from_slice(&length.to_le_bytes());
    }
    let total = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&total.to_le_bytes());
    let heap_offset = u32::from_le_bytes([bytes[36], bytes[37], bytes[38], bytes[39]]);
    bytes[40..44].copy_from_slice(&(total - heap_offset).to_le_bytes());
    libnbft::repair_checksum(&mut bytes);
    bytes
}

const MIB: usize = 1 << 20;

/// A plan is in proportion to its paths, of which a table can ask for 255 for each SSNS.
fn planning_is_in_proportion() {
    for (hfis, limit) in [(4, MIB), (255, 8 * MIB)] {
        let table = support::tables::many_paths(hfis);
        let sources = [Source { name: "NBFT", table: &table }];
        let mut paths = 0;
        let taken = peak(|| paths = Plan::new(&sources, &Options::default()).paths.len());
        assert_eq!(paths, (255 * usize::from(hfis)).min(libnbft::plan::MAX_PATHS));
        assert!(taken <= limit, "a plan of {paths} paths takes {taken} bytes");
    }
    // Twenty tables of other NICs each, as plan and as text.
    let tables: Vec<_> = (0..20).map(other_nics).collect();
    let names: Vec<_> = (0..20).map(|number| format!("NBFT{number}")).collect();
    let sources: Vec<_> = names.iter().zip(&tables).map(|(name, table)| Source { name, table }).collect();
    let mut length = 0;
    let taken = peak(|| length = Plan::new(&sources, &Options::default()).to_string().len());
    assert!(taken <= 24 * MIB, "the plan of twenty tables takes {taken} bytes");
    assert!(length <= 2 * MIB, "the text of the plan of twenty tables has {length} bytes");
}

/// A table with NICs and subsystems of its own.
fn other_nics(number: u8) -> libnbft::model::Table {
    let mut table = support::tables::many_paths(255);
    for hfi in &mut table.hfis {
        hfi.tcp.as_mut().expect("it has transport info").mac.0[4] = number;
    }
    for ssns in &mut table.ssns {
        ssns.nqn.as_mut().expect("it has one").0 += &number.to_string();
    }
    table
}

/// One test, since it measures what the whole process allocates.
#[test]
fn allocations_are_in_proportion() {
    for length in [16, 1024, 1025, u16::MAX] {
        for fill in [b'x', 0xff] {
            let bytes = overlapping(length, fill);
            let parsed = parse(&bytes).expect("it can be read");
            assert_eq!(parsed.table.ssns.len(), 255);
            bounded(&format!("objects of {length} times {fill:#x}"), &bytes);
        }
    }
    for with_hfis in [false, true] {
        let bytes = many_findings(with_hfis);
        let parsed = parse(&bytes).expect("it can be read");
        let rules: Vec<_> = parsed.check().iter().map(|finding| finding.rule.name()).collect();
        let each = if with_hfis { "target-off-link" } else { "ssns-hfi-missing" };
        assert_eq!(rules.iter().filter(|rule| **rule == each).count(), 255);
        bounded(each, &bytes);
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..128 {
        let seed: Vec<u8> = (0..1024)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            })
            .collect();
        let bytes = support::random::damaged(&mut Unstructured::new(&seed)).expect("bytes never run out");
        bounded("a damaged table", &bytes);
    }
    for length in [0, 4, 127, 128, 4096] {
        let mut bytes = vec![0xff; length];
        support::random::mend(&mut bytes);
        bounded("all ones", &bytes);
    }
    planning_is_in_proportion();
}

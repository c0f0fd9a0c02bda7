//! Reports parts of the table that overlap.

use super::START;
use super::header::HEAP_FIELDS;
use super::lists::List;
use super::reader::Reader;
use crate::finding::Rule;
use crate::raw;
use core::ops::Range;

impl Reader<'_> {
    /// Reports where the heap, the lists and the host descriptor overlap.
    pub(super) fn check_overlaps(&mut self, start: &raw::Start) {
        let header = &start.header;
        let heap = clipped(header.heap_offset.get(), u64::from(header.heap_length.get()), self.bytes.len());
        let mut regions = [("", 0..0), ("", 0..0), ("", 0..0), ("", 0..0), ("", 0..0)];
        let host = &start.control.host;
        if usize::from(host.length.get()) >= size_of::<raw::Host>() && host.offset.get() as usize >= START {
            let length = size_of::<raw::Host>() as u64;
            regions[0] = ("host descriptor", clipped(host.offset.get(), length, self.bytes.len()));
        }
        for (region, list) in regions[1..].iter_mut().zip(List::all(&start.control)) {
            if list.is_usable() {
                let length = list.stride() * list.fitting(self.bytes.len());
                *region = (list.name, clipped(list.reference.offset.get(), length as u64, self.bytes.len()));
            }
        }
        if header.heap_length.get() != 0 && (header.heap_offset.get() as usize) < START {
            let from = header.heap_offset.get();
            self.report(
                Rule::HeapOverlap,
                format_args!("the heap begins at {from}, inside the header or the control descriptor"),
                HEAP_FIELDS,
            );
        }
        for (number, (name, region)) in regions.iter().enumerate() {
            let what = if number == 0 { "" } else { " list" };
            if let Some(span) = intersection(region, &heap) {
                let Range { start, end } = span;
                self.report(
                    Rule::HeapOverlap,
                    format_args!("the heap overlaps the {name}{what} from {start} to {end}"),
                    span,
                );
            }
            for (other_name, other) in &regions[number + 1..] {
                if let Some(span) = intersection(region, other) {
                    let Range { start, end } = span;
                    self.report(
                        Rule::ListOverlap,
                        format_args!("the {name}{what} overlaps the {other_name} list from {start} to {end}"),
                        span,
                    );
                }
            }
        }
    }
}

/// The part of `length` bytes from `start` that is inside a table of `end` bytes.
fn clipped(start: u32, length: u64, end: usize) -> Range<usize> {
    let clip = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(end);
    clip(u64::from(start))..clip(u64::from(start) + length)
}

/// The bytes that are in both ranges.
fn intersection(a: &Range<usize>, b: &Range<usize>) -> Option<Range<usize>> {
    let both = a.start.max(b.start)..a.end.min(b.end);
    (both.start < both.end).then_some(both)
}

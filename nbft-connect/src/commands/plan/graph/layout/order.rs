//! Sorts the items of each column so that few lines cross.

use super::{Columns, Segment, to_f32};

/// How often to go through the columns, there and back.
const ROUNDS: usize = 6;

/// Sorts each column by the places of the items that its own are connected with, and takes the first order with the fewest crossings.
/// Unconnected items keep their places.
pub(super) fn sort(columns: &mut Columns) {
    let count = columns.items.len();
    let mut best: Option<(usize, Columns)> = None;
    for round in 0..ROUNDS {
        // The order of the plan is that of the left columns.
        for column in (0..count.saturating_sub(1)).rev().filter(|_| round > 0) {
            let pairs: Vec<_> = columns.segments[column].iter().map(|segment| (segment.from, segment.to)).collect();
            sort_column(columns, column, &pairs);
        }
        for column in 1..count {
            let pairs: Vec<_> = columns.segments[column - 1].iter().map(|segment| (segment.to, segment.from)).collect();
            sort_column(columns, column, &pairs);
        }
        let crossings = columns.segments.iter().map(|segments| crossings(segments)).sum();
        if best.as_ref().is_none_or(|(fewest, _)| crossings < *fewest) {
            best = Some((crossings, columns.clone()));
        }
        if crossings == 0 {
            break;
        }
    }
    if let Some((_, best)) = best {
        *columns = best;
    }
}

/// How many pairs of lines between two columns cross.
fn crossings(segments: &[Segment]) -> usize {
    let mut ends: Vec<(usize, usize)> = segments.iter().map(|segment| (segment.from, segment.to)).collect();
    ends.sort_unstable();
    let crossed = |n: usize, to: usize| ends[..n].iter().filter(|(_, before)| *before > to).count();
    ends.iter().enumerate().map(|(n, (_, to))| crossed(n, *to)).sum()
}

/// `pairs` are an item of the column and one that it is connected with.
fn sort_column(columns: &mut Columns, column: usize, pairs: &[(usize, usize)]) {
    let length = columns.items[column].len();
    let mut sums = vec![(0.0, 0_usize); length];
    for (item, other) in pairs {
        let sum = &mut sums[*item];
        *sum = (sum.0 + to_f32(*other), sum.1 + 1);
    }
    let wish = |item: usize| match sums[item] {
        (_, 0) => to_f32(item),
        (sum, count) => sum / to_f32(count),
    };
    let mut order: Vec<usize> = (0..length).collect();
    order.sort_by(|one, other| wish(*one).total_cmp(&wish(*other)));
    columns.items[column] = order.iter().map(|item| columns.items[column][*item]).collect();
    let mut place = vec![0; length];
    order.into_iter().enumerate().for_each(|(new, old)| place[old] = new);
    columns.segments[column].iter_mut().for_each(|segment| segment.from = place[segment.from]);
    if let Some(before) = column.checked_sub(1) {
        columns.segments[before].iter_mut().for_each(|segment| segment.to = place[segment.to]);
    }
}

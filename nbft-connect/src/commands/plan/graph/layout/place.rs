//! Gives the items of each column their heights: near what they are connected with, in their order, none over another.

use super::{BETWEEN, Columns, Item, to_f32};

/// How often to go through the columns, there and back.
const ROUNDS: usize = 24;

/// The middle of each item of each column; the topmost item begins at 0.
pub(super) fn middles(columns: &Columns, height: impl Fn(Item) -> f32) -> Vec<Vec<f32>> {
    let heights: Vec<Vec<f32>> =
        columns.items.iter().map(|items| items.iter().map(|item| height(*item)).collect()).collect();
    let mut middles: Vec<Vec<f32>> = heights.iter().map(|heights| placed(heights, &vec![0.0; heights.len()])).collect();
    let count = columns.items.len();
    for _ in 0..ROUNDS {
        for column in (0..count).rev().chain(0..count) {
            let wishes = wishes(columns, &middles, column);
            middles[column] = placed(&heights[column], &wishes);
        }
    }
    let tops =
        middles.iter().zip(&heights).filter_map(|(middles, heights)| Some(middles.first()? - heights.first()? / 2.0));
    let top = tops.fold(f32::INFINITY, f32::min);
    middles.iter_mut().flatten().for_each(|middle| *middle -= top);
    middles
}

/// The heights that a column's items would have if each were alone: the middle of what it is connected with.
fn wishes(columns: &Columns, middles: &[Vec<f32>], column: usize) -> Vec<f32> {
    let mut sums = vec![(0.0, 0_usize); columns.items[column].len()];
    let mut add = |item: usize, middle: f32| sums[item] = (sums[item].0 + middle, sums[item].1 + 1);
    for segment in &columns.segments[column] {
        add(segment.from, middles[column + 1][segment.to]);
    }
    for segment in column.checked_sub(1).map(|before| &columns.segments[before]).into_iter().flatten() {
        add(segment.to, middles[column - 1][segment.from]);
    }
    let own = middles[column].iter();
    sums.iter().zip(own).map(|((sum, count), own)| if *count == 0 { *own } else { sum / to_f32(*count) }).collect()
}

/// The heights nearest to the wishes at which no item is over another: items that would be are moved together as a block, whose wish
/// is the mean of theirs.
fn placed(heights: &[f32], wishes: &[f32]) -> Vec<f32> {
    let mut offsets = Vec::with_capacity(heights.len());
    let mut offset = 0.0;
    for (n, height) in heights.iter().enumerate() {
        if n > 0 {
            offset += (heights[n - 1] + height) / 2.0 + BETWEEN;
        }
        offsets.push(offset);
    }
    // The mean of the wishes of a block, less the offsets, and how many items it has.
    let mut blocks: Vec<(f32, usize)> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&offsets) {
        let mut block = (wish - offset, 1);
        while let Some(before) = blocks.last().copied().filter(|before| before.0 > block.0) {
            blocks.pop();
            let count = before.1 + block.1;
            block = ((before.0 * to_f32(before.1) + block.0 * to_f32(block.1)) / to_f32(count), count);
        }
        blocks.push(block);
    }
    let starts = blocks.into_iter().flat_map(|(start, count)| std::iter::repeat_n(start, count));
    starts.zip(offsets).map(|(start, offset)| start + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn items_keep_their_distance() {
        assert_eq!(placed(&[20.0, 20.0], &[0.0, 100.0]), [0.0, 100.0]);
        assert_eq!(placed(&[20.0, 20.0], &[0.0, 0.0]), [-19.0, 19.0]);
        assert_eq!(placed(&[20.0, 20.0, 20.0], &[62.0, 61.0, 0.0]), [3.0, 41.0, 79.0]);
        assert!(placed(&[], &[]).is_empty());
    }
}

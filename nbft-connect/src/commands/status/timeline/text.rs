//! Draws the timeline for a terminal.

use super::{Bar, Chart, duration, longest, title};
use crate::output::{Mark, Screen, Text};

/// Columns of a step's name and of its time, with the blanks around them.
const LABEL: usize = 11;
const TIME: usize = 9;
const GAP: usize = 2;

pub(super) fn render(chart: &Chart, screen: Screen) -> Text {
    let mut out = Text::new();
    out.wrapped(screen, 2, title(chart));
    let before = GAP + LABEL + TIME + GAP;
    let columns = screen.width.saturating_sub(before).max(1);
    let end = duration(chart.end_ms);
    out.line(format_args!("{:before$}0{end:>1$}", "", columns.saturating_sub(1)));
    for group in &chart.groups {
        out.wrapped(screen, 4, &group.name);
        if group.bars.is_empty() {
            out.line("  not begun");
        }
        for bar in &group.bars {
            let took = duration(bar.took_ms());
            out.add(format_args!("{:GAP$}{:LABEL$}{took:>TIME$}{:GAP$}", "", bar.step.name(), ""));
            let (blanks, drawn) = drawn(*bar, chart.end_ms, columns, screen);
            out.add(format_args!("{:blanks$}", ""));
            out.mark((!bar.is_over).then_some(Mark::Bad), drawn);
            out.end();
        }
    }
    if let Some(longest) = longest(chart) {
        out.wrapped(screen, 2, longest);
    }
    out
}

/// The columns before a bar, and the bar.
fn drawn(bar: Bar, end_ms: u64, columns: usize, screen: Screen) -> (usize, String) {
    let at = |ms: u64| u128::from(ms) * columns as u128;
    // Never behind the last column.
    let begin = ((at(bar.begin_ms) / u128::from(end_ms)) as usize).min(columns - 1);
    let end = (at(bar.end_ms).div_ceil(u128::from(end_ms)) as usize).clamp(begin + 1, columns);
    let width = end - begin;
    let drawn = match (bar.is_over, screen.unicode) {
        (true, true) => "\u{2588}".repeat(width),
        (true, false) => "#".repeat(width),
        (false, true) => "\u{2591}".repeat(width),
        (false, false) => format!("{}>", ".".repeat(width - 1)),
    };
    (begin, drawn)
}

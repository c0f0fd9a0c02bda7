//! Draws the timeline as SVG, for a browser or a report.

use super::{Bar, Chart, Step, duration, longest, title};
use crate::output::{self, Xml};
use std::fmt::Write as _;

/// In pixels: the whole, what is left of the bars and right of them, a row, and the bar in it.
const WIDTH: u32 = 960;
const LEFT: u32 = 200;
const RIGHT: u32 = 30;
const ROW: u32 = 20;
const BAR: u32 = 12;
const TOP: u32 = 64;

/// Parts that the time axis is cut into.
const TICKS: u32 = 5;

/// Characters of a name that have room in a line.
const NAME: usize = 120;

pub(super) fn render(chart: &Chart) -> String {
    let rows: usize = chart.groups.iter().map(|group| 1 + group.bars.len().max(1)).sum();
    let bottom = TOP + ROW * u32::try_from(rows).unwrap_or(u32::MAX / ROW / 2);
    let height = bottom + 2 * ROW;
    let mut svg = String::new();
    let out = &mut svg;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">"
    );
    let _ = writeln!(out, "<title>{}</title>", xml(&title(chart)));
    let _ = writeln!(out, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>");
    text(out, 10, 24, "font-size=\"15\" font-weight=\"bold\" fill=\"#222222\"", &title(chart));
    for tick in 0..=TICKS {
        let ms = u128::from(chart.end_ms) * u128::from(tick) / u128::from(TICKS);
        let x = LEFT + (WIDTH - LEFT - RIGHT) * tick / TICKS;
        let _ =
            writeln!(out, "<line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{bottom}\" stroke=\"#dddddd\"/>", TOP - ROW / 2);
        let label = duration(u64::try_from(ms).unwrap_or(u64::MAX));
        text(out, x, TOP - ROW / 2 - 4, "text-anchor=\"middle\" fill=\"#666666\"", &label);
    }
    let mut y = TOP;
    for group in &chart.groups {
        text(out, 10, y + ROW - 6, "font-weight=\"bold\" fill=\"#222222\"", &group.name);
        y = y.saturating_add(ROW);
        if group.bars.is_empty() {
            text(out, 26, y + ROW - 6, "fill=\"#999999\"", "not begun");
            y = y.saturating_add(ROW);
        }
        for bar in &group.bars {
            draw(out, *bar, chart.end_ms, y);
            y = y.saturating_add(ROW);
        }
    }
    if let Some(longest) = longest(chart) {
        text(out, 10, y + ROW, "fill=\"#222222\"", &longest);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(out: &mut String, bar: Bar, end_ms: u64, y: u32) {
    let at = |ms: u64| {
        let share = u128::from(ms.min(end_ms)) * u128::from(WIDTH - LEFT - RIGHT) * 10 / u128::from(end_ms);
        f64::from(u32::try_from(share).unwrap_or(0)) / 10.0
    };
    let (begin, end) = (at(bar.begin_ms), at(bar.end_ms));
    let (x, width) = (f64::from(LEFT) + begin, (end - begin).max(1.0));
    text(out, 26, y + ROW - 6, "fill=\"#444444\"", bar.step.name());
    text(out, LEFT - 10, y + ROW - 6, "text-anchor=\"end\" fill=\"#444444\"", &duration(bar.took_ms()));
    let fill = if bar.is_over { color(bar.step) } else { "#d1495b" };
    let style = if bar.is_over { "" } else { " fill-opacity=\"0.45\" stroke=\"#d1495b\" stroke-dasharray=\"3 2\"" };
    let top = y + (ROW - BAR) / 2;
    let _ = writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{fill}\"{style}>\
         <title>{}: {} to {}</title></rect>",
        bar.step.name(),
        duration(bar.begin_ms),
        if bar.is_over { duration(bar.end_ms) } else { "no end".to_owned() },
    );
}

const fn color(step: Step) -> &'static str {
    match step {
        Step::Nic => "#8d99ae",
        Step::Udev => "#b8bfcc",
        Step::Carrier => "#edae49",
        Step::Address => "#66a182",
        Step::Probe => "#7aa5d2",
        Step::Turn => "#cfd8e3",
        Step::Connect => "#2e6f9e",
        Step::Namespace => "#6a4c93",
    }
}

fn text(out: &mut String, x: u32, y: u32, style: &str, words: &str) {
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" {style}>{}</text>", xml(words));
}

/// A text from outside as the text of an element: made harmless as for a terminal, cut, and quoted.
fn xml(words: &str) -> String {
    let harmless = output::line(words);
    match harmless.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}...", Xml(&harmless[..end])),
        None => Xml(&harmless).to_string(),
    }
}

//! Draws a graph as SVG.

use super::layout::{CHARACTER, LINE, Layout, MARGIN, PADDING, Piece, layout, lines, width_of};
use super::model::{Edge, Graph, Health, Node};
use crate::output::Xml;
use std::fmt::{self, Write};

/// No picture is narrower: its title and its remarks have this room.
const MIN_WIDTH: f32 = 560.0;
/// Length of the line that the legend shows of a state.
const SAMPLE: f32 = 28.0;

/// Colours, and for each state a kind of line.
const STYLE: &str = "\
text{font:11px monospace;fill:#24292f}\
.n{font-weight:bold;font-size:12px}\
.h{fill:#57606a}\
rect,path{fill:#f6f8fa;stroke:#57606a;stroke-width:1.3}\
path{fill:none}\
.g rect,.g path,path.g{stroke:#1a7f37}.g .s{fill:#1a7f37}\
.w rect,path.w{stroke:#9a6700;stroke-dasharray:2 3}.w .s,.s.w{fill:#7d4e00}\
.d rect,path.d{stroke:#cf222e;stroke-dasharray:6 4}.d rect{fill:#ffebe9}.d .s,.s.d{fill:#cf222e}\
.s{font-weight:bold}\
.l{stroke:#fff;stroke-width:2;paint-order:stroke}";

/// The whole picture.
pub(super) fn write(graph: &Graph) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = draw(&mut out, graph, &layout(graph));
    out
}

fn draw(out: &mut String, graph: &Graph, layout: &Layout) -> fmt::Result {
    let width = layout.width.max(MIN_WIDTH);
    let remarks: Vec<String> = graph.remarks.iter().flat_map(|remark| folded(remark, width - 2.0 * MARGIN)).collect();
    let legend = layout.height + 2.0 * LINE;
    let height = legend + super::layout::to_f32(remarks.len()) * LINE + MARGIN;
    let (title, style) = (Xml(&graph.title), STYLE);
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img">"#
    )?;
    writeln!(out, "<title>{title}</title>\n<style>{style}</style>")?;
    writeln!(out, r#"<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>"#)?;
    text(out, "n", MARGIN, MARGIN + 8.0, &graph.title)?;
    for (column, x) in &layout.columns {
        text(out, "h", *x, MARGIN + 34.0, column.title())?;
    }
    for (edge, pieces) in graph.edges.iter().zip(&layout.edges) {
        writeln!(out, r#"<path{} d="{}"/>"#, class(edge.state.health), line(pieces))?;
    }
    for (edge, pieces) in graph.edges.iter().zip(&layout.edges) {
        label(out, edge, pieces)?;
    }
    for (node, area) in graph.nodes.iter().zip(&layout.nodes) {
        writeln!(out, "<g{}><title>{}</title>", class(node.state.health), Xml(&tooltip(node)))?;
        writeln!(
            out,
            r#"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="4"/>"#,
            area.x, area.y, area.width, area.height
        )?;
        let (x, state) = (area.x + PADDING, node.state.text());
        let all: Vec<String> = lines(node).collect();
        let text_height = super::layout::to_f32(all.len()) * LINE;
        let mut y = area.y + (area.height - text_height) / 2.0 + 4.0;
        text(out, "n", x, y, &node.name)?;
        for (n, line) in all.iter().enumerate() {
            y += LINE;
            let is_state = !state.is_empty() && n + 1 == all.len();
            text(out, if is_state { "s" } else { "" }, x, y, line)?;
        }
        writeln!(out, "</g>")?;
    }
    draw_legend(out, graph, legend)?;
    for (n, remark) in remarks.iter().enumerate() {
        text(out, "", MARGIN, legend + super::layout::to_f32(n + 1) * LINE + 4.0, remark)?;
    }
    writeln!(out, "</svg>")
}

/// The kinds of line that the picture has, and what they mean.
fn draw_legend(out: &mut String, graph: &Graph, y: f32) -> fmt::Result {
    let nodes = graph.nodes.iter().map(|node| node.state.health);
    let shown: Vec<&str> = nodes.chain(graph.edges.iter().map(|edge| edge.state.health)).map(letter).collect();
    let mut x = MARGIN;
    for (health, words) in [
        (Health::Plain, "planned"),
        (Health::Good, "up"),
        (Health::Doubtful, "in part, or not yet"),
        (Health::Dead, "down or left out"),
    ] {
        if shown.contains(&letter(health)) {
            writeln!(out, r#"<path{} d="M{x:.1} {:.1}h{SAMPLE}"/>"#, class(health), y - 4.0)?;
            text(out, "h", x + SAMPLE + 6.0, y, words)?;
            x += SAMPLE + width_of(words, CHARACTER) + 28.0;
        }
    }
    Ok(())
}

const fn letter(health: Health) -> &'static str {
    match health {
        Health::Plain => "",
        Health::Good => "g",
        Health::Doubtful => "w",
        Health::Dead | Health::LeftOut => "d",
    }
}

fn class(health: Health) -> String {
    let letter = letter(health);
    if letter.is_empty() { String::new() } else { format!(r#" class="{letter}""#) }
}

fn text(out: &mut String, class: &str, x: f32, y: f32, text: &str) -> fmt::Result {
    let class = if class.is_empty() { String::new() } else { format!(r#" class="{class}""#) };
    writeln!(out, r#"<text{class} x="{x:.1}" y="{y:.1}">{}</text>"#, Xml(text))
}

fn label(out: &mut String, edge: &Edge, pieces: &[Piece]) -> fmt::Result {
    match pieces.last().filter(|_| !edge.label.is_empty()) {
        Some(last) => {
            let class = format!("s l {}", letter(edge.state.health));
            text(out, &class, last.turned + PADDING, last.to.1 - 4.5, &edge.label)
        }
        None => Ok(()),
    }
}

fn line(pieces: &[Piece]) -> String {
    let mut line = String::new();
    for (n, Piece { from, turned, to }) in pieces.iter().enumerate() {
        let command = if n == 0 { 'M' } else { 'L' };
        let middle = f32::midpoint(from.0, *turned);
        // Writing to a String cannot fail.
        let _ = write!(line, "{command}{:.1} {:.1}", from.0, from.1);
        if (from.1 - to.1).abs() > 0.05 {
            let _ = write!(line, "C{middle:.1} {:.1} {middle:.1} {:.1} {turned:.1} {:.1}", from.1, to.1, to.1);
        }
        let _ = write!(line, "H{:.1}", to.0);
    }
    line
}

/// The tooltip: all texts in full.
fn tooltip(node: &Node) -> String {
    let parts: Vec<String> = std::iter::once(node.whole.clone()).chain(lines(node)).collect();
    parts.join("; ")
}

/// The lines of a text that is wider than a picture.
fn folded(text: &str, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let open = lines.last_mut().filter(|open| {
            open.is_empty() || width_of(open, CHARACTER) + CHARACTER + width_of(word, CHARACTER) <= width
        });
        match open {
            Some(open) if open.is_empty() => open.push_str(word),
            Some(open) => {
                open.push(' ');
                open.push_str(word);
            }
            None => lines.push(format!("    {word}")),
        }
    }
    lines
}

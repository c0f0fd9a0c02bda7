//! Writes a graph in the language of Graphviz.

use super::layout::lines;
use super::model::{Graph, Health};
use std::fmt::{self, Write};

/// The whole graph.
pub(super) fn write(graph: &Graph) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = draw(&mut out, graph);
    out
}

fn draw(out: &mut String, graph: &Graph) -> fmt::Result {
    let below = std::iter::once(&graph.title).chain(&graph.remarks);
    writeln!(out, "digraph nbft {{")?;
    writeln!(
        out,
        "  graph [rankdir=LR, ranksep=0.7, fontname=monospace, fontsize=10, labelloc=b, labeljust=l, label={}];",
        label(below.map(String::as_str), "\\l")
    )?;
    writeln!(out, "  node [shape=box, fontname=monospace, fontsize=10];")?;
    writeln!(out, "  edge [arrowhead=none, fontname=monospace, fontsize=9];")?;
    for (number, node) in graph.nodes.iter().enumerate() {
        let all: Vec<String> = lines(node).collect();
        let texts = [node.column.title(), &node.name].into_iter().chain(all.iter().map(String::as_str));
        let (label, tooltip) = (label(texts, "\\n"), label([node.whole.as_str()], ""));
        writeln!(out, "  n{number} [label={label}, tooltip={tooltip}{}];", look(node.state.health))?;
    }
    let mut columns: Vec<_> = graph.nodes.iter().map(|node| node.column).collect();
    columns.sort_unstable();
    columns.dedup();
    for column in columns {
        let of_column = graph.nodes.iter().enumerate().filter(|(_, node)| node.column == column);
        let names: Vec<String> = of_column.map(|(number, _)| format!("n{number}")).collect();
        writeln!(out, "  {{ rank=same; {}; }}", names.join("; "))?;
    }
    for edge in &graph.edges {
        let label = label([edge.label.as_str()], "");
        writeln!(out, "  n{} -> n{} [label={label}{}];", edge.from, edge.to, look(edge.state.health))?;
    }
    writeln!(out, "}}")
}

const fn look(health: Health) -> &'static str {
    match health {
        Health::Plain => "",
        Health::Good => ", color=\"#1a7f37\"",
        Health::Doubtful => ", style=dotted, color=\"#9a6700\", fontcolor=\"#7d4e00\"",
        Health::Dead | Health::LeftOut => ", style=dashed, color=\"#cf222e\", fontcolor=\"#cf222e\"",
    }
}

/// A quoted string of these lines, each followed by `end`. Graphviz interprets backslashes and HTML entities in it.
fn label<'t>(lines: impl IntoIterator<Item = &'t str>, end: &str) -> String {
    let mut label = String::from("\"");
    for line in lines {
        for c in line.chars() {
            match c {
                '"' => label.push_str("\\\""),
                '\\' => label.push_str("\\\\"),
                '&' => label.push_str("&amp;"),
                c => label.push(c),
            }
        }
        label.push_str(end);
    }
    label.push('"');
    label
}

//! Lays a graph out in columns from left to right: nodes stand below one another, and lines pass between them, never over them.

mod order;
mod place;

use super::model::{Column, Graph, Node};
use unicode_width::UnicodeWidthStr;

/// Height of a line of text.
pub(super) const LINE: f32 = 15.0;
/// Width of a character of a name, and of a line.
const NAME_CHARACTER: f32 = 7.3;
pub(super) const CHARACTER: f32 = 6.7;
/// Between the border of a node and its text.
pub(super) const PADDING: f32 = 8.0;
/// What a line needs to turn from one height to another.
const TURN: f32 = 44.0;
/// Between what stands below one another.
const BETWEEN: f32 = 18.0;
/// Between the ends of two lines at one node.
const PORT: f32 = 15.0;
/// Above the nodes: the title and the names of the columns.
const HEAD: f32 = 62.0;
pub(super) const MARGIN: f32 = 16.0;

/// A rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// A piece of a line, between two columns: it turns before `turned` and is straight from there on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub(super) from: (f32, f32),
    pub(super) turned: f32,
    pub(super) to: (f32, f32),
}

/// Where everything is.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// For each node of the graph.
    pub(super) nodes: Vec<Area>,
    /// For each edge of the graph, from left to right.
    pub(super) edges: Vec<Vec<Piece>>,
    /// The columns that have nodes, and where they begin.
    pub(super) columns: Vec<(Column, f32)>,
    pub(super) width: f32,
    /// Down to the lowest node.
    pub(super) height: f32,
}

/// What stands in a column: a node, or an edge that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Node(usize),
    Passing(usize),
}

/// A piece of an edge, between an item of one column and an item of the next.
#[derive(Debug, Clone, Copy)]
struct Segment {
    edge: usize,
    from: usize,
    to: usize,
}

/// The columns, and the segments between each and the next.
#[derive(Debug, Clone, Default)]
struct Columns {
    items: Vec<Vec<Item>>,
    segments: Vec<Vec<Segment>>,
}

pub(super) fn width_of(text: &str, character: f32) -> f32 {
    to_f32(text.width()) * character
}

#[expect(clippy::cast_precision_loss, reason = "no picture has so many pixels")]
pub(super) const fn to_f32(number: usize) -> f32 {
    number as f32
}

/// The lines of a node, below its name.
pub(super) fn lines(node: &Node) -> impl Iterator<Item = String> + '_ {
    let state = node.state.text();
    node.lines.iter().cloned().chain((!state.is_empty()).then_some(state))
}

/// Lays out a graph.
pub(super) fn layout(graph: &Graph) -> Layout {
    let mut titles: Vec<Column> = graph.nodes.iter().map(|node| node.column).collect();
    titles.sort_unstable();
    titles.dedup();
    let mut columns = columns(graph, &titles);
    order::sort(&mut columns);
    let sizes: Vec<(f32, f32)> = (0..graph.nodes.len()).map(|node| size(graph, node)).collect();
    let middles = place::middles(&columns, |item| match item {
        Item::Node(node) => sizes[node].1,
        Item::Passing(_) => LINE,
    });
    draw(graph, &titles, &columns, &sizes, &middles)
}

fn columns(graph: &Graph, titles: &[Column]) -> Columns {
    let number = |node: usize| titles.iter().position(|title| *title == graph.nodes[node].column).unwrap_or_default();
    let mut columns = Columns { items: vec![Vec::new(); titles.len()], segments: vec![Vec::new(); titles.len()] };
    let mut place = Vec::new();
    for node in 0..graph.nodes.len() {
        let items = &mut columns.items[number(node)];
        place.push(items.len());
        items.push(Item::Node(node));
    }
    for (edge, ends) in graph.edges.iter().enumerate() {
        let (first, last) = (number(ends.from), number(ends.to));
        let mut from = place[ends.from];
        for column in first..last {
            let to = if column + 1 == last {
                place[ends.to]
            } else {
                columns.items[column + 1].push(Item::Passing(edge));
                columns.items[column + 1].len() - 1
            };
            columns.segments[column].push(Segment { edge, from, to });
            from = to;
        }
    }
    columns
}

/// Width and height of a node.
fn size(graph: &Graph, number: usize) -> (f32, f32) {
    let node = &graph.nodes[number];
    let texts = lines(node).map(|line| width_of(&line, CHARACTER)).fold(0.0, f32::max);
    let (name, title) = (width_of(&node.name, NAME_CHARACTER), width_of(node.column.title(), CHARACTER));
    // Leaves room for labels between the lines that end here.
    let ends = || graph.edges.iter().filter(|edge| edge.to == number);
    let ports = if ends().any(|edge| !edge.label.is_empty()) { ends().count() } else { 0 };
    let text = to_f32(1 + lines(node).count()) * LINE + PADDING;
    (texts.max(name).max(title) + 2.0 * PADDING, text.max(to_f32(ports) * PORT + PADDING))
}

fn draw(graph: &Graph, titles: &[Column], columns: &Columns, sizes: &[(f32, f32)], middles: &[Vec<f32>]) -> Layout {
    let mut layout = Layout {
        nodes: vec![Area::default(); graph.nodes.len()],
        edges: vec![Vec::new(); graph.edges.len()],
        ..Layout::default()
    };
    let mut x = MARGIN;
    // The left and right ends of the segments that lead to a column.
    let mut lefts: Vec<(f32, f32)> = Vec::new();
    for (number, items) in columns.items.iter().enumerate() {
        let widths = items.iter().map(|item| if let Item::Node(node) = item { sizes[*node].0 } else { 0.0 });
        let width = widths.fold(0.0, f32::max);
        let area = |item: usize| match items[item] {
            Item::Node(node) => {
                let height = sizes[node].1;
                Area { x, y: HEAD + middles[number][item] - height / 2.0, width, height }
            }
            Item::Passing(_) => Area { x, y: HEAD + middles[number][item], width, height: 0.0 },
        };
        if let Some(before) = number.checked_sub(1) {
            let segments = &columns.segments[before];
            let rights = ends(segments, items.len(), &area, |segment| (segment.to, middles[before][segment.from]));
            let turned = x - label_width(graph, segments);
            for ((segment, from), y) in segments.iter().zip(&lefts).zip(rights) {
                layout.edges[segment.edge].push(Piece { from: *from, turned, to: (x, y) });
            }
        }
        for (item, kind) in items.iter().enumerate() {
            if let Item::Node(node) = kind {
                layout.nodes[*node] = area(item);
                layout.height = layout.height.max(area(item).y + area(item).height);
            }
        }
        layout.columns.push((titles[number], x));
        let segments = &columns.segments[number];
        let next = |item: usize| middles.get(number + 1).map_or(0.0, |middles| middles[item]);
        let ys = ends(segments, items.len(), &area, |segment| (segment.from, next(segment.to)));
        lefts = ys.into_iter().map(|y| (x + width, y)).collect();
        layout.width = x + width + MARGIN;
        x += width + TURN + label_width(graph, segments);
    }
    layout
}

/// The width that the longest label between two columns needs.
fn label_width(graph: &Graph, segments: &[Segment]) -> f32 {
    let texts = segments.iter().map(|segment| width_of(&graph.edges[segment.edge].label, CHARACTER));
    let longest = texts.fold(0.0, f32::max);
    if longest > 0.0 { longest + 2.0 * PADDING } else { 0.0 }
}

/// The heights at which segments touch the items of one column, in the order of what they lead to on the other side.
fn ends(
    segments: &[Segment],
    items: usize,
    area: &impl Fn(usize) -> Area,
    item_and_other: impl Fn(&Segment) -> (usize, f32),
) -> Vec<f32> {
    let mut of_items: Vec<Vec<(f32, usize)>> = vec![Vec::new(); items];
    for (number, segment) in segments.iter().enumerate() {
        let (item, other) = item_and_other(segment);
        of_items[item].push((other, number));
    }
    let mut heights = vec![0.0; segments.len()];
    for (item, mut touching) in of_items.into_iter().enumerate() {
        touching.sort_by(|one, other| one.0.total_cmp(&other.0));
        let area = area(item);
        let step = PORT.min((area.height - PADDING).max(0.0) / to_f32(touching.len().max(1)));
        let first = area.y + area.height / 2.0 - step * to_f32(touching.len().saturating_sub(1)) / 2.0;
        for (n, (_, segment)) in touching.into_iter().enumerate() {
            heights[segment] = first + step * to_f32(n);
        }
    }
    heights
}

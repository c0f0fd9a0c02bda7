//! Tests that no part of a picture covers another.

use super::graph;
use super::layout::{Area, CHARACTER, LINE, Layout, layout, lines, width_of};
use super::model::Graph;
use crate::status::schema::{Reason, State, Status};
use libnbft::model::Table;
use libnbft::plan::{Options, Plan, Source};
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn table(path: &Path) -> Option<Table> {
    let is_table = path.extension().is_some_and(|extension| extension == "nbft" || extension == "bin");
    Some(libnbft::parse(&fs::read(path).ok().filter(|_| is_table)?).ok()?.table)
}

/// `nics` NICs with a target of their own each, and each target by each NIC.
fn mesh(nics: u8) -> Table {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let mut table = table(&testdata.join("firmware/static4.bin")).unwrap();
    let (hfi, ssns) = (table.hfis[0].clone(), table.ssns[0].clone());
    table.hfis = (1..=nics)
        .map(|n| {
            let mut of = hfi.clone();
            of.index = n;
            let tcp = of.tcp.as_mut().unwrap();
            tcp.hfi_index = n.into();
            (tcp.mac.0[5], tcp.routing_id) = (n, u32::from(n) << 3);
            tcp.ip = format!("10.0.0.{n}").parse::<std::net::IpAddr>().unwrap().into();
            of
        })
        .collect();
    table.ssns = (1..=nics)
        .map(|n| {
            let mut of = ssns.clone();
            (of.index, of.nsid, of.nid[0], of.primary_hfi) = (n.into(), n.into(), n, 1);
            of.secondary_hfis = (2..=nics).collect();
            of.traddr = Some(format!("10.0.0.{}", 100 + n).parse::<std::net::IpAddr>().unwrap().into());
            of
        })
        .collect();
    table
}

/// The plans of all tables of testdata, of two meshes, and of several tables together; each also with the status of a run in which two of
/// three paths have failed.
fn graphs() -> Vec<(String, Graph)> {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let paths = ["tables", "rules", "firmware"].iter().flat_map(|folder| files(&testdata.join(folder)));
    let mut all: Vec<(String, Vec<Table>)> =
        paths.filter_map(|path| Some((path.display().to_string(), vec![table(&path)?]))).collect();
    assert!(all.len() > 80, "{} tables", all.len());
    all.push(("together".into(), all.iter().step_by(9).flat_map(|(_, tables)| tables.clone()).collect()));
    all.extend([2, 4].map(|nics| (format!("mesh of {nics}"), vec![mesh(nics)])));
    let mut graphs = Vec::new();
    for (what, tables) in all {
        let tables: Vec<(String, Table)> =
            tables.into_iter().enumerate().map(|(n, table)| (format!("NBFT{n}"), table)).collect();
        let sources: Vec<_> = tables.iter().map(|(name, table)| Source { name, table }).collect();
        let plan = Plan::new(&sources, &Options::default());
        let mut status = Status::of_plan(&plan);
        for (n, path) in status.paths.iter_mut().enumerate() {
            path.state = [State::Failed, State::Up, State::Failed][n % 3];
            let reason = |text: &str| Reason { code: "refused".into(), text: text.into() };
            path.set_reason((n % 3 != 1).then(|| reason(["nothing listens", "no route"][n % 2])));
        }
        graphs.push((what.clone(), graph(&plan, &tables, None)));
        graphs.push((format!("{what} with a status"), graph(&plan, &tables, Some(&status))));
    }
    graphs
}

/// The rectangles of the texts at lines.
fn labels(graph: &Graph, layout: &Layout) -> Vec<Area> {
    let of = graph.edges.iter().zip(&layout.edges).filter(|(edge, _)| !edge.label.is_empty());
    of.map(|(edge, pieces)| {
        let last = pieces.last().unwrap();
        let (width, height) = (width_of(&edge.label, CHARACTER), 12.0);
        assert!(last.turned + width < last.to.0, "{}", edge.label);
        Area { x: last.turned, y: last.to.1 - 3.0 - height, width, height }
    })
    .collect()
}

fn is_over(one: &Area, other: &Area) -> bool {
    one.x < other.x + other.width
        && other.x < one.x + one.width
        && one.y < other.y + other.height
        && other.y < one.y + one.height
}

#[test]
fn nothing_is_over_anything_else() {
    for (what, graph) in graphs() {
        let layout = layout(&graph);
        let areas: Vec<Area> = layout.nodes.iter().copied().chain(labels(&graph, &layout)).collect();
        for (n, one) in areas.iter().enumerate() {
            assert!(one.x >= 0.0 && one.y >= 50.0 && one.x + one.width <= layout.width, "{what}: {one:?}");
            assert!(one.y + one.height <= layout.height + 0.1, "{what}: {one:?}");
            for other in &areas[..n] {
                assert!(!is_over(one, other), "{what}: {one:?} {other:?}");
            }
        }
        for label in labels(&graph, &layout) {
            // Not the one that it stands at.
            let is_through = |(x, y): (f32, f32)| {
                label.x < x && x < label.x + label.width + 40.0 && label.y < y && y < label.y + 12.0
            };
            let through = layout.edges.iter().flatten().find(|piece| is_through(piece.to));
            assert_eq!(through, None, "{what}: a line goes through {label:?}");
        }
        for (node, area) in graph.nodes.iter().zip(&layout.nodes) {
            let count = 1 + lines(node).count();
            assert!(super::layout::to_f32(count) * LINE <= area.height, "{what}: {}", node.name);
            assert!(lines(node).all(|line| width_of(&line, CHARACTER) < area.width), "{what}: {}", node.name);
        }
    }
}

#[test]
fn lines_pass_between_nodes() {
    for (what, graph) in graphs() {
        let layout = layout(&graph);
        for (edge, pieces) in graph.edges.iter().zip(&layout.edges) {
            let [from, to] = [edge.from, edge.to].map(|node| layout.nodes[node]);
            let (first, last) = (pieces.first().unwrap(), pieces.last().unwrap());
            for (area, y) in [(from, first.from.1), (to, last.to.1)] {
                assert!(area.y < y && y < area.y + area.height, "{what}: a line ends beside {area:?}");
            }
            assert!((first.from.0 - from.x - from.width).abs() < 0.1 && (last.to.0 - to.x).abs() < 0.1, "{what}");
            // Where it passes a column it is straight, from the end of one piece to the beginning of the next.
            for pair in pieces.windows(2) {
                let (x, y) = pair[0].to;
                assert!((pair[1].from.1 - y).abs() < 0.1, "{what}");
                let passes = |area: &&Area| (area.x - x).abs() < 0.1 && area.y < y && y < area.y + area.height;
                assert_eq!(layout.nodes.iter().find(passes), None, "{what}: a line is over a node");
            }
        }
    }
}

#[test]
fn each_thing_is_there_once() {
    let tables = vec![("NBFT".to_owned(), mesh(4))];
    let sources: Vec<_> = tables.iter().map(|(name, table)| Source { name, table }).collect();
    let plan = Plan::new(&sources, &Options::default());
    assert_eq!(plan.paths.len(), 16);
    let graph = graph(&plan, &tables, None);
    let titles: Vec<&str> = graph.nodes.iter().map(|node| node.column.title()).collect();
    let count = |title: &str| titles.iter().filter(|known| **known == title).count();
    let counts = ["HOST", "NIC", "SUBNET", "TARGET", "SUBSYSTEM", "NAMESPACE"].map(count);
    assert_eq!(counts, [1, 4, 1, 4, 1, 4]);
}

//! Collects nodes and ways into a graph: each thing is one node, whose state sums up all ways over it.

use super::model::{Column, Edge, Graph, Health, Node, State};
use crate::commands::subsystems::{NAMES, each_once, listed};
use crate::output::line;
use std::collections::BTreeMap;

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    known: BTreeMap<(Column, String), usize>,
    /// The states that were reported for each node.
    said: BTreeMap<usize, Vec<State>>,
    edges: Vec<((usize, usize), Vec<State>)>,
    known_edges: BTreeMap<(usize, usize), usize>,
    /// A reason, and the names of the items that it explains.
    remarks: Vec<(String, Vec<String>)>,
}

impl Builder {
    /// The node of this column and key, made where there is none.
    pub(super) fn node(&mut self, column: Column, key: &str, make: impl FnOnce() -> Node) -> usize {
        if let Some(known) = self.known(column, key) {
            return known;
        }
        self.known.insert((column, key.to_owned()), self.nodes.len());
        self.nodes.push(make());
        self.nodes.len() - 1
    }

    /// The node of this column and key, if there is one.
    pub(super) fn known(&self, column: Column, key: &str) -> Option<usize> {
        self.known.get(&(column, key.to_owned())).copied()
    }

    /// Adds a line to a node, unless it has it.
    pub(super) fn add_line(&mut self, node: usize, text: &str) {
        self.nodes[node].add(text);
    }

    /// Reports a node's state, as one way over it shows it.
    pub(super) fn say(&mut self, node: usize, state: &State) {
        self.said.entry(node).or_default().push(state.clone());
    }

    /// Adds one way from node to node.
    pub(super) fn way(&mut self, from: usize, to: usize, state: &State) {
        let edge = *self.known_edges.entry((from, to)).or_insert(self.edges.len());
        if edge == self.edges.len() {
            self.edges.push(((from, to), Vec::new()));
        }
        self.edges[edge].1.push(state.clone());
    }

    /// Whether an edge leads to a node.
    pub(super) fn is_reached(&self, node: usize) -> bool {
        self.edges.iter().any(|((_, to), _)| *to == node)
    }

    /// The number of the remark that gives this reason for an item.
    pub(super) fn remark(&mut self, name: String, reason: &str) -> usize {
        let number = self.remarks.iter().position(|(known, _)| known == reason).unwrap_or_else(|| {
            self.remarks.push((reason.to_owned(), Vec::new()));
            self.remarks.len() - 1
        });
        let names = &mut self.remarks[number].1;
        if !names.contains(&name) {
            names.push(name);
        }
        number + 1
    }

    /// The graph. Ways that are left out count for a node only if no other way leads over it.
    pub(super) fn finish(mut self, title: &str) -> Graph {
        for (node, said) in self.said {
            let planned: Vec<State> = said.iter().filter(|state| state.health != Health::LeftOut).cloned().collect();
            self.nodes[node].state = State::of_all(if planned.is_empty() { &said } else { &planned });
        }
        let edge = |((from, to), states): ((usize, usize), Vec<State>)| {
            let state = State::of_all(&states);
            let label = Some(state.label()).filter(|label| *label != self.nodes[to].state.label());
            Edge { from, to, state, label: label.unwrap_or_default() }
        };
        let edges = self.edges.into_iter().map(edge).collect();
        let remarks = each_once(self.remarks).into_iter().enumerate();
        Graph {
            title: line(title),
            nodes: self.nodes,
            edges,
            remarks: remarks
                .map(|(n, (reason, names))| {
                    let names: Vec<String> = names.into_iter().flatten().collect();
                    line(&format!("[{}] {}: {reason}", n + 1, listed(&names, NAMES)))
                })
                .collect(),
        }
    }
}

//! Holds the storage network as nodes and edges, each with its state. The writers draw nothing that is not here.

use crate::output::line;
use std::collections::BTreeSet;

/// What a node is; the columns of the picture, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Host,
    Nic,
    Bond,
    Vlan,
    Subnet,
    Gateway,
    Target,
    Subsystem,
    Namespace,
}

impl Column {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Host => "HOST",
            Self::Nic => "NIC",
            Self::Bond => "BOND",
            Self::Vlan => "VLAN",
            Self::Subnet => "SUBNET",
            Self::Gateway => "GATEWAY",
            Self::Target => "TARGET",
            Self::Subsystem => "SUBSYSTEM",
            Self::Namespace => "NAMESPACE",
        }
    }
}

/// The health of a node or an edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Health {
    /// Planned; nothing else is known.
    #[default]
    Plain,
    /// There.
    Good,
    /// Not there yet, or there in part.
    Doubtful,
    /// Not there.
    Dead,
    /// Not in the plan.
    LeftOut,
}

impl Health {
    pub(super) const fn is_dead(self) -> bool {
        matches!(self, Self::Dead | Self::LeftOut)
    }
}

/// The state of a node or an edge: a word, and the numbers of the remarks that explain it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) health: Health,
    word: String,
    remarks: BTreeSet<usize>,
}

impl State {
    pub(super) fn new(health: Health, word: &str, remark: Option<usize>) -> Self {
        Self { health, word: word.to_owned(), remarks: remark.into_iter().collect() }
    }

    /// `down [1, 2]`; empty where there is nothing to say.
    pub(super) fn text(&self) -> String {
        let numbers: Vec<String> = self.remarks.iter().map(ToString::to_string).collect();
        match numbers.is_empty() {
            true => self.word.clone(),
            false => format!("{} [{}]", self.word, numbers.join(", ")).trim_start().to_owned(),
        }
    }

    /// An edge's label: empty if it is planned or up, which its look shows.
    pub(super) fn label(&self) -> String {
        match self.health {
            Health::Plain | Health::Good => String::new(),
            _ => self.text(),
        }
    }

    /// The state of a whole with these parts: it counts the faulty ones.
    pub(super) fn of_all(states: &[Self]) -> Self {
        let counted = |is: fn(Health) -> bool| states.iter().filter(move |state| is(state.health));
        let dead = counted(Health::is_dead).count();
        let doubtful = counted(|health| health == Health::Doubtful).count();
        let good = counted(|health| health == Health::Good).count();
        let (health, is_of): (_, fn(Health) -> bool) = match (dead, doubtful, good) {
            (0, 0, 0) => (Health::Plain, |health| health == Health::Plain),
            (0, 0, _) => (Health::Good, |health| health == Health::Good),
            (0, ..) => (Health::Doubtful, |health| health == Health::Doubtful),
            (dead, ..) if dead < states.len() => (Health::Doubtful, Health::is_dead),
            _ if counted(|health| health == Health::LeftOut).count() == states.len() => {
                (Health::LeftOut, Health::is_dead)
            }
            _ => (Health::Dead, Health::is_dead),
        };
        let words: BTreeSet<&str> = counted(is_of).map(|state| state.word.as_str()).collect();
        let word = match words.len() {
            0 => "",
            1 => words.first().copied().unwrap_or_default(),
            _ if dead > 0 => "down",
            _ => "not yet",
        };
        let (some, all) = (counted(is_of).count(), states.len());
        let word = if some < all && !word.is_empty() { format!("{some} of {all} {word}") } else { word.to_owned() };
        Self { health, word, remarks: states.iter().flat_map(|state| state.remarks.iter().copied()).collect() }
    }
}

/// A thing of the storage network. Its texts are escaped and hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) column: Column,
    /// What it is called, shortened where that is long.
    pub(super) name: String,
    /// The whole name.
    pub(super) whole: String,
    pub(super) lines: Vec<String>,
    pub(super) state: State,
}

impl Node {
    pub(super) fn new(column: Column, name: &str) -> Self {
        let whole = line(name);
        Self { column, name: shortened(&whole, NAME), whole, lines: Vec::new(), state: State::default() }
    }

    /// A node named by an NQN: its naming authority is on a line below.
    pub(super) fn of_nqn(column: Column, nqn: &str) -> Self {
        let whole = Self::new(column, nqn);
        match nqn.split_once(':') {
            Some((authority, rest)) if authority.starts_with("nqn.") && !rest.is_empty() => {
                Self { name: shortened(&line(rest), NAME), ..whole }.with(authority)
            }
            _ => whole,
        }
    }

    /// With one more line.
    pub(super) fn with(mut self, text: &str) -> Self {
        self.add(text);
        self
    }

    /// Adds a line, unless it is there.
    pub(super) fn add(&mut self, text: &str) {
        let text = shortened(&line(text), LINE);
        if !self.lines.contains(&text) {
            self.lines.push(text);
        }
    }
}

/// A connection between two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) state: State,
    /// Its label: what neither its look nor its target node shows.
    pub(super) label: String,
}

/// The whole graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Graph {
    pub(super) title: String,
    pub(super) nodes: Vec<Node>,
    /// Each leads to a column further to the right.
    pub(super) edges: Vec<Edge>,
    /// Why something is dead; states name them by their numbers, from 1.
    pub(super) remarks: Vec<String>,
}

/// Longest name in characters.
const NAME: usize = 26;
/// Longest line in characters: a UUID.
const LINE: usize = 36;

/// At most `most` characters of a text: its beginning and its end.
fn shortened(text: &str, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return text.to_owned();
    }
    let tail = most / 2;
    let head: String = characters[..most - 1 - tail].iter().collect();
    let tail: String = characters[characters.len() - tail..].iter().collect();
    format!("{head}\u{2026}{tail}")
}

#[cfg(test)]
mod tests {
    use super::{Column, Health, Node, State, shortened};

    #[test]
    fn names_keep_their_beginning_and_their_end() {
        assert_eq!(shortened("abcdefgh", 8), "abcdefgh");
        assert_eq!(shortened("abcdefghi", 8), "abc\u{2026}fghi");
        let node =
            Node::of_nqn(Column::Subsystem, "nqn.2014-08.org.nvmexpress:uuid:00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(node.name, "uuid:0011223\u{2026}-aabbccddeeff");
        assert_eq!(node.lines, ["nqn.2014-08.org.nvmexpress"]);
        assert_eq!(Node::of_nqn(Column::Subsystem, "a:b").name, "a:b");
    }

    #[test]
    fn what_is_wrong_with_some_is_counted() {
        let state = |health, word, remark| State::new(health, word, remark);
        let (up, down) = (state(Health::Good, "up", None), state(Health::Dead, "down", Some(1)));
        let out = state(Health::LeftOut, "left out", Some(2));
        let of = |states: &[&State]| {
            let whole = State::of_all(&states.iter().map(|state| (*state).clone()).collect::<Vec<_>>());
            (whole.health, whole.text())
        };
        assert_eq!(of(&[]), (Health::Plain, String::new()));
        assert_eq!(of(&[&up, &up]), (Health::Good, "up".into()));
        assert_eq!(of(&[&up, &down]), (Health::Doubtful, "1 of 2 down [1]".into()));
        assert_eq!(of(&[&down, &out]), (Health::Dead, "down [1, 2]".into()));
        assert_eq!(of(&[&out, &out]), (Health::LeftOut, "left out [2]".into()));
        assert_eq!(of(&[&State::default(), &out]), (Health::Doubtful, "1 of 2 left out [2]".into()));
        let pending = state(Health::Doubtful, "not yet", None);
        assert_eq!(of(&[&up, &pending]), (Health::Doubtful, "1 of 2 not yet".into()));
    }
}

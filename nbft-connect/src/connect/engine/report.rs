//! Reports what a run waits for, and until when: in one sentence, and in a line for each item.

use crate::output::{self, Audience, Text, live, logger};
use crate::status::outcome;
use crate::status::schema::State;
use std::time::Duration;

/// The progress of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    /// Interfaces, paths, discovery controllers, and missing namespaces whose path is up.
    pub(super) items: Vec<Item>,
    /// How long the run has lasted.
    pub(super) elapsed: Duration,
    /// How long the run may last; `None` if only a signal ends it.
    pub(super) budget: Option<Duration>,
    /// Its state, in a sentence.
    pub(super) message: String,
    /// How many paths are up.
    pub(super) paths_up: String,
}

/// Something that the run sets up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) state: State,
    /// What the item waits for.
    pub(super) waits_for: Option<String>,
    /// How long the item has been in this state.
    pub(super) age: Duration,
    /// Whether the run waits for this item itself, and not for an interface that the item needs.
    pub(super) is_awaited: bool,
}

impl Report {
    /// What the run waits for, and until when.
    pub(super) fn sentence(&self) -> String {
        let awaited = self.items.iter().filter(|item| item.is_awaited);
        let mut awaited: Vec<_> =
            awaited.filter_map(|item| Some((item.name.clone(), item.waits_for.clone()?))).collect();
        // A NIC may have two networks that wait for the same.
        awaited.dedup();
        let mut parts = outcome::grouped(awaited.into_iter(), ", ", |names, what| format!("{names} for {what}"));
        if parts.is_empty() {
            parts.push(self.message.clone());
        }
        parts.extend(self.budget.map(|budget| match budget.checked_sub(self.elapsed) {
            Some(left) if !left.is_zero() => format!("{} s left", left.as_millis().div_ceil(1000)),
            _ => format!("timed out after {} s", budget.as_secs()),
        }));
        format!("waiting: {}", parts.join("; "))
    }

    /// A line for each item.
    pub(super) fn lines(&self) -> Text {
        let mut text = Text::new();
        let elapsed = self.elapsed.as_secs();
        let budget = self.budget.map(|budget| format!(" of {}", budget.as_secs())).unwrap_or_default();
        text.line(format_args!("nbft connect: {}, {elapsed}{budget} s", self.paths_up));
        let width = self.items.iter().map(|item| item.name.chars().count().min(NAME)).max().unwrap_or(0);
        for item in &self.items {
            text.add(format_args!("  {:width$}  ", item.name));
            text.mark(item.state.mark(), item.state.word());
            let Some(what) = &item.waits_for else {
                text.end();
                continue;
            };
            let blanks = STATE.saturating_sub(item.state.word().len());
            text.line(format_args!("{:blanks$} {:>4} s  waits for {what}", "", item.age.as_secs()));
        }
        text
    }

    /// Sends the report to its audience.
    pub(super) fn tell(&self, audience: Audience) {
        match audience {
            Audience::Systemd => output::tell_systemd(&self.sentence(), false),
            Audience::Terminal => live::draw(&self.lines()),
            Audience::Log => log::info!(target: logger::CONSOLE, "{}", self.sentence()),
        }
    }
}

/// Columns for names; a longer one moves its own line only.
const NAME: usize = 44;

/// Columns of the longest state that waits.
const STATE: usize = 7;

//! `nbft status --timeline`: where the time of the boot went, drawn as bars.

mod svg;
mod text;

use crate::cli::Format;
use crate::error::Error;
use crate::output::json::{self, Secrets};
use crate::output::replace::{PUBLIC, replace};
use crate::output::{self, print};
use crate::status::outcome;
use crate::status::timeline::{InterfaceTimes, NamespaceTimes, PathTimes, Timeline};
use std::path::Path;

#[cfg(test)]
mod tests;

/// Prints the times, draws them, or writes the drawing to a file.
///
/// # Errors
///
/// When the file or standard output cannot be written.
pub(super) fn show(timeline: &Timeline, format: Format, file: Option<&Path>) -> Result<(), Error> {
    if let Some(file) = file {
        let drawing = svg::render(&Chart::new(timeline));
        let write = replace(file, drawing.as_bytes(), PUBLIC);
        return write.map_err(|source| Error::Write { path: file.to_owned(), source });
    }
    match format {
        Format::Json => json::print(timeline, Secrets::Masked),
        Format::Text => {
            let screen = output::screen();
            print(&text::render(&Chart::new(timeline), screen))
        }
    }
}

/// For the fuzzer: all drawings of the times.
pub(super) fn drawn(timeline: &Timeline) -> String {
    let chart = Chart::new(timeline);
    text::render(&chart, output::Screen::plain(80)).plain() + &svg::render(&chart)
}

/// What is drawn.
struct Chart {
    /// Milliseconds since the machine's start at which it begins.
    started_uptime_ms: u64,
    /// Its end, in milliseconds from its beginning; at least 1.
    end_ms: u64,
    /// How long `connect` took, or has taken.
    took_ms: u64,
    groups: Vec<Group>,
}

/// The bars of one interface, path or namespace, under its name.
struct Group {
    name: String,
    bars: Vec<Bar>,
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bar {
    step: Step,
    begin_ms: u64,
    /// At least the beginning; for a step that has not ended, the end of the drawing.
    end_ms: u64,
    is_over: bool,
}

/// The steps of a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nic,
    Udev,
    Carrier,
    Address,
    Probe,
    Turn,
    Connect,
    Namespace,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Nic => "NIC",
            Self::Udev => "udev",
            Self::Carrier => "carrier",
            Self::Address => "address",
            Self::Probe => "probe",
            Self::Turn => "turn",
            Self::Connect => "connect",
            Self::Namespace => "namespace",
        }
    }
}

impl Bar {
    const fn took_ms(self) -> u64 {
        self.end_ms.saturating_sub(self.begin_ms)
    }
}

impl Chart {
    fn new(timeline: &Timeline) -> Self {
        let all = timeline.interfaces.iter().flat_map(|of| [of.nic_ms, of.udev_ms, of.carrier_ms, of.address_ms]);
        let all = all.chain(timeline.paths.iter().flat_map(|of| [of.probed_ms, of.connect_ms, of.connected_ms]));
        let all = all.chain(timeline.namespaces.iter().map(|of| of.present_ms));
        let end_ms = all.flatten().max().unwrap_or(0).max(timeline.ended_ms).max(1);
        let interfaces =
            timeline.interfaces.iter().map(|of| Group { name: of.name.clone(), bars: interface(of, end_ms) });
        let paths = timeline.paths.iter().map(|of| Group { name: path_name(of), bars: path(of, end_ms) });
        let namespaces =
            timeline.namespaces.iter().map(|of| Group { name: namespace_name(of), bars: namespace(of, end_ms) });
        Self {
            started_uptime_ms: timeline.started_uptime_ms,
            end_ms,
            took_ms: timeline.ended_ms,
            groups: interfaces.chain(paths).chain(namespaces).collect(),
        }
    }

    /// The step that took longest, with the name of its group.
    fn longest(&self) -> Option<(&str, Bar)> {
        let bars = self.groups.iter().flat_map(|group| group.bars.iter().map(|bar| (group.name.as_str(), *bar)));
        // The first of equals.
        bars.rev().max_by_key(|(_, bar)| bar.took_ms())
    }
}

/// Bars one after another, each from the end of the one before; the first that has no end is the last.
fn in_row(begin: u64, steps: &[(Step, Option<u64>)], chart_end: u64) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut begin_ms = begin.min(chart_end);
    for (step, end) in steps {
        let end_ms = end.unwrap_or(chart_end).max(begin_ms);
        bars.push(Bar { step: *step, begin_ms, end_ms, is_over: end.is_some() });
        begin_ms = end_ms;
        if end.is_none() {
            break;
        }
    }
    // A step that took no time is left out; one that has no end is still waited for.
    bars.retain(|bar| !bar.is_over || bar.took_ms() > 0 || !matches!(bar.step, Step::Udev | Step::Turn));
    bars
}

fn interface(of: &InterfaceTimes, end: u64) -> Vec<Bar> {
    let Some(begin) = of.begin_ms else { return Vec::new() };
    let steps = [
        (Step::Nic, of.nic_ms),
        (Step::Udev, of.udev_ms),
        (Step::Carrier, of.carrier_ms),
        (Step::Address, of.address_ms),
    ];
    in_row(begin, &steps, end)
}

fn path(of: &PathTimes, end: u64) -> Vec<Bar> {
    match (of.probe_ms, of.connect_ms) {
        (Some(probe), None) if of.connected_ms.is_none() => {
            in_row(probe, &[(Step::Probe, of.probed_ms), (Step::Turn, None)], end)
        }
        (Some(probe), connect) => {
            // A path that was found connected was not given to the kernel.
            let Some(connect) = connect else { return Vec::new() };
            let probed = of.probed_ms.map(|probed| probed.min(connect)).or(Some(connect));
            let steps = [(Step::Probe, probed), (Step::Turn, Some(connect)), (Step::Connect, of.connected_ms)];
            in_row(probe, &steps, end)
        }
        (None, Some(connect)) => in_row(connect, &[(Step::Connect, of.connected_ms)], end),
        (None, None) => Vec::new(),
    }
}

fn namespace(of: &NamespaceTimes, end: u64) -> Vec<Bar> {
    let begin = of.connected_ms.or(of.present_ms);
    begin.map(|begin| in_row(begin, &[(Step::Namespace, of.present_ms)], end)).unwrap_or_default()
}

fn path_name(of: &PathTimes) -> String {
    let tries = if of.attempts > 1 { format!(" ({} tries)", of.attempts) } else { String::new() };
    format!("{} port {} over {}{tries}", of.traddr, of.trsvcid, of.host_iface)
}

fn namespace_name(of: &NamespaceTimes) -> String {
    outcome::namespace_name(&of.nqn, of.nsid, of.nid_type.as_deref(), of.nid.as_deref())
}

/// `812 ms`, `12.3 s`.
fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

/// The line above the drawing.
fn title(chart: &Chart) -> String {
    let (started, took) = (duration(chart.started_uptime_ms), duration(chart.took_ms));
    format!("nbft connect: began {started} after the machine's start, took {took}")
}

/// The line below the drawing.
fn longest(chart: &Chart) -> Option<String> {
    let (name, bar) = chart.longest()?;
    let (step, took) = (bar.step.name(), duration(bar.took_ms()));
    Some(match bar.is_over {
        true => format!("The longest step: {step} of {name}, {took}"),
        false => format!("The longest step: {step} of {name}, {took} and not over"),
    })
}

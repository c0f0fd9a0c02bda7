//! Measures `nbft connect` beside writes to the device by hand, in one machine (`image/guest/bare.sh`).

use crate::run::boot;
use crate::run::stats::{Spread, spread};
use crate::scenario::system::Init;
use crate::scenario::{Expect, Outcome, Scenario};
use crate::tools::error::{Result, VmError};
use crate::tools::place::Place;
use std::fmt::Write as _;

/// The figures of all rounds, in milliseconds.
#[derive(Debug, Default, PartialEq)]
struct Figures {
    hand: Vec<ByHand>,
    nbft: Vec<ByNbft>,
    /// Rounds in which too few controllers were live.
    short: usize,
}

/// Times by hand, from the first write.
#[derive(Debug, PartialEq)]
struct ByHand {
    /// Until the first namespace exists.
    first: f64,
    /// Until the last write has ended and all namespaces exist.
    all: f64,
}

/// Times of `nbft connect`.
#[derive(Debug, Default, PartialEq)]
struct ByNbft {
    /// From the process's start to its end.
    whole: f64,
    /// From the process's start to the interface's readiness. The two times below begin there.
    ready: f64,
    /// Until the first namespace exists.
    first: Option<f64>,
    /// Until the last path and namespace exist.
    all: f64,
}

/// Boots the scenario once, alternates both methods `rounds` times in the guest, and prints the times.
pub fn run(place: &Place, base: &Scenario, rounds: u32) -> Result<bool> {
    let mut scenario = base.clone();
    scenario.expect = Expect::outcome(Outcome::Boots);
    scenario.cmdline.push(format!("lab.bare={rounds}"));
    let images = boot::images(place, &scenario, Init::Plain, scenario.way)?;
    let dir = boot::run_dir(place, &format!("bare-{}", base.name))?;
    let _target = boot::start_target(place, &scenario, &images, &dir, None)?;
    let (report, complaints) = boot::measure(place, &scenario, Init::Plain, &images, &dir)?;
    if let Some(complaint) = complaints.into_iter().next() {
        return Err(VmError::Unexpected(complaint).into());
    }
    let figures = figures(report.block("bare"), scenario.tables.iter().map(|table| table.all_ssns().count()).sum());
    println!("{}", table(&figures));
    let namespaces = figures.nbft.iter().filter(|round| round.first.is_some()).count();
    let complete = figures.short == 0 && namespaces == rounds as usize;
    if !complete {
        println!("{namespaces} of {rounds} rounds, {} times not all live:", figures.short);
        println!("{}", report.block("bare").join("\n"));
    }
    Ok(complete)
}

fn figures(lines: &[String], paths: usize) -> Figures {
    let mut figures = Figures::default();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|word| word.trim_end_matches(',').parse::<f64>().ok());
        let mut live = |at: usize| figures.short += usize::from(number(at) != Some(paths as f64));
        match (words.first(), number(1), figures.nbft.last_mut()) {
            (Some(&"hand"), Some(first), _) => {
                live(3);
                let all = number(2).unwrap_or_default() / 1000.0;
                figures.hand.push(ByHand { first: first / 1000.0, all });
            }
            (Some(&"nbft"), Some(whole), _) => {
                live(2);
                figures.nbft.push(ByNbft { whole: whole / 1000.0, ..ByNbft::default() });
            }
            (Some(&"\"ready_ms\":"), Some(ready), Some(round)) => round.ready = ready,
            (Some(&"\"connected_ms\":"), Some(up), Some(round)) => round.all = round.all.max(up - round.ready),
            (Some(&"\"present_ms\":"), Some(up), Some(round)) => {
                let up = up - round.ready;
                round.first = Some(round.first.map_or(up, |first| first.min(up)));
                round.all = round.all.max(up);
            }
            _ => {}
        }
    }
    figures
}

fn table(figures: &Figures) -> String {
    let hand = |of: fn(&ByHand) -> f64| figures.hand.iter().map(of).collect::<Vec<_>>();
    let nbft = |of: fn(&ByNbft) -> Option<f64>| figures.nbft.iter().filter_map(of).collect::<Vec<_>>();
    let rows = [
        ("to the first namespace", hand(|round| round.first), nbft(|round| round.first)),
        ("to all paths and namespaces", hand(|round| round.all), nbft(|round| Some(round.all))),
        ("the whole process", hand(|round| round.all), nbft(|round| Some(round.whole))),
    ];
    let mut out = String::from("milliseconds, medians (quartiles)   by hand   nbft   nbft : hand\n");
    for (name, hand, nbft) in rows {
        let pair: [Option<Spread>; 2] = [spread(&hand), spread(&nbft)];
        if let [Some(hand), Some(nbft)] = pair {
            let _ = writeln!(out, "  {name:<27} {hand}   {nbft}   {:.2}", nbft.median / hand.median);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ByHand, ByNbft};

    #[test]
    fn both_are_read_from_what_the_guest_says() {
        let said = [
            "hand 40000 90000 2",
            "nbft 100000 2",
            "      \"ready_ms\": 5",
            "      \"connected_ms\": 40",
            "      \"connected_ms\": 94",
            "      \"present_ms\": 47,",
            "      \"present_ms\": 46,",
            "hand 41000 91000 1",
        ];
        let figures = super::figures(&said.map(str::to_owned), 2);
        let hand = [(40.0, 90.0), (41.0, 91.0)].map(|(first, all)| ByHand { first, all }).into();
        let nbft = vec![ByNbft { whole: 100.0, ready: 5.0, first: Some(41.0), all: 89.0 }];
        let wanted = super::Figures { hand, nbft, short: 1 };
        assert_eq!(figures, wanted);
    }
}

//! What connecting costs beside writes to the device by hand, one after the other, in the same machine (`image/bare.sh`).

use crate::boot;
use crate::error::{Error, Result};
use crate::image::initrd::Init;
use crate::place::Place;
use crate::scenario::{Expect, Outcome, Scenario};
use crate::stats::{Spread, spread};
use std::fmt::Write as _;

/// The figures of all rounds, in milliseconds.
#[derive(Debug, Default, PartialEq)]
struct Figures {
    /// By hand: from the first write to its namespace, and to the last write's end and namespace.
    hand: [Vec<f64>; 2],
    /// By `nbft connect`: from the interface's readiness to the first namespace, and from its start to its end.
    nbft: [Vec<f64>; 2],
    /// Rounds in which fewer controllers were live than were wanted.
    short: usize,
}

/// Boots the scenario once, has the guest do both `rounds` times in turn, and prints what that took.
pub fn run(place: &Place, base: &Scenario, rounds: u32) -> Result<bool> {
    let mut scenario = base.clone();
    scenario.expect = Expect::outcome(Outcome::Boots);
    scenario.cmdline.push(format!("lab.bare={rounds}"));
    let images = boot::images(place, &scenario, Init::Plain, scenario.way)?;
    let dir = boot::run_dir(place, &format!("bare-{}", base.name))?;
    let _target = boot::start_target(place, &scenario, &images, &dir, None)?;
    let (report, complaints) = boot::measure(place, &scenario, Init::Plain, &images, &dir)?;
    if let Some(complaint) = complaints.into_iter().next() {
        return Err(Error::Vm(complaint));
    }
    let figures = figures(report.block("bare"), scenario.tables.iter().map(|table| table.all_ssns().count()).sum());
    println!("{}", table(&figures));
    let complete = figures.short == 0 && figures.nbft[0].len() == rounds as usize;
    if !complete {
        println!("{} of {rounds} rounds, {} times not all live:", figures.nbft[0].len(), figures.short);
        println!("{}", report.block("bare").join("\n"));
    }
    Ok(complete)
}

fn figures(lines: &[String], paths: usize) -> Figures {
    let mut figures = Figures::default();
    let mut ready = 0.0;
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|word| word.trim_end_matches(',').parse::<f64>().ok());
        let mut live = |at: usize| figures.short += usize::from(number(at) != Some(paths as f64));
        match words.first() {
            Some(&"hand") => {
                live(3);
                figures.hand[0].extend(number(1).map(|us| us / 1000.0));
                figures.hand[1].extend(number(2).map(|us| us / 1000.0));
            }
            Some(&"nbft") => {
                live(2);
                figures.nbft[1].extend(number(1).map(|us| us / 1000.0));
            }
            Some(&"\"ready_ms\":") => ready = number(1).unwrap_or_default(),
            Some(&"\"present_ms\":") => {
                let Some(present) = number(1).map(|present| present - ready) else { continue };
                match (figures.nbft[0].len() < figures.nbft[1].len(), figures.nbft[0].last_mut()) {
                    (false, Some(first)) => *first = first.min(present),
                    _ => figures.nbft[0].push(present),
                }
            }
            _ => {}
        }
    }
    figures
}

fn table(figures: &Figures) -> String {
    let mut out = String::from("milliseconds, medians (quartiles)   by hand   nbft   nbft : hand\n");
    for (number, name) in ["to the namespace", "to the end"].iter().enumerate() {
        let pair: [Option<Spread>; 2] = [spread(&figures.hand[number]), spread(&figures.nbft[number])];
        if let [Some(hand), Some(nbft)] = pair {
            let _ = writeln!(out, "  {name:<18} {hand}   {nbft}   {:.2}", nbft.median / hand.median);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_are_read_from_what_the_guest_says() {
        let said = [
            "hand 40000 90000 2",
            "nbft 100000 2",
            "    \"elapsed_ms\": 95,",
            "      \"ready_ms\": 5,",
            "      \"present_ms\": 47,",
            "      \"present_ms\": 46,",
            "      \"present_ms\": 92,",
            "hand 41000 91000 1",
        ];
        let figures = super::figures(&said.map(str::to_owned), 2);
        let wanted =
            super::Figures { hand: [vec![40.0, 41.0], vec![90.0, 91.0]], nbft: [vec![41.0], vec![100.0]], short: 1 };
        assert_eq!(figures, wanted);
    }
}

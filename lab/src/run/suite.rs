//! Runs many scenarios side by side and prints a table.

use crate::run::boot::{self, Done, Options};
use crate::scenario::system::Init;
use crate::scenario::{Outcome, Scenario};
use crate::tools::error::{MachineError, Result};
use crate::tools::place::Place;
use crate::tools::signals;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A scenario in one kind of initramfs.
pub type Case = (Scenario, Init);

/// One line of the table.
#[derive(Debug)]
struct Row {
    name: String,
    good: bool,
    text: String,
}

/// Runs all cases, `jobs` at a time; returns whether all ended as expected.
pub fn run(place: &Place, cases: &[Case], jobs: usize) -> Result<bool> {
    let start = Instant::now();
    // Makes the images first: otherwise, cases that wait for the same image would occupy jobs. An error recurs in the scenario's own run,
    // so it is ignored here.
    images(place, cases, jobs)?;
    let rows: Mutex<Vec<(usize, Row)>> = Mutex::new(Vec::new());
    for_each(cases, jobs, |number, (scenario, init)| {
        let begun = Instant::now();
        let row = row(scenario, *init, &attempt(place, scenario, *init));
        let took = begun.elapsed().as_secs();
        println!("{} {} ({took} s)", if row.good { "ok    " } else { "FAILED" }, row.name);
        if !row.good {
            println!("{}", row.text);
        }
        if let Ok(mut rows) = rows.lock() {
            rows.push((number, row));
        }
    });
    signals::check()?;
    let mut rows = rows.into_inner().map_err(|_| MachineError::RunPanicked)?;
    rows.sort_by_key(|(number, _)| *number);
    println!();
    for (_, row) in &rows {
        println!(
            "{:<6} {:<34} {}",
            if row.good { "ok" } else { "FAILED" },
            row.name,
            row.text.lines().next().unwrap_or("")
        );
    }
    let good = rows.iter().filter(|(_, row)| row.good).count();
    println!("{good} of {} as expected, {}", cases.len(), minutes(start.elapsed()));
    Ok(good == cases.len())
}

/// Makes the images of all cases, `jobs` at a time; returns whether all succeeded.
pub fn images(place: &Place, cases: &[Case], jobs: usize) -> Result<bool> {
    let start = Instant::now();
    let good = AtomicBool::new(true);
    for_each(cases, jobs, |_, (scenario, init)| {
        if let Err(error) = boot::images(place, scenario, *init, scenario.way) {
            good.store(false, Ordering::Relaxed);
            println!("{} ({}): {error}", scenario.name, init.name());
        }
    });
    signals::check()?;
    println!("images are there after {:.0} s", start.elapsed().as_secs_f64());
    Ok(good.into_inner())
}

/// Works on all cases, `jobs` at a time, until a signal ends it.
fn for_each(cases: &[Case], jobs: usize, work: impl Fn(usize, &Case) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, cases.len().max(1)) {
            scope.spawn(|| {
                while signals::check().is_ok() {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { return };
                    work(number, case);
                }
            });
        }
    });
}

fn attempt(place: &Place, scenario: &Scenario, init: Init) -> Result<Done> {
    let images = boot::images(place, scenario, init, scenario.way)?;
    boot::run(place, scenario, init, &images, Options::default())
}

fn row(scenario: &Scenario, init: Init, result: &Result<Done>) -> Row {
    let name = format!("{} ({})", scenario.name, init.name());
    let (good, text) = match result {
        Err(error) => (false, error.to_string()),
        Ok(done) if !done.complaints.is_empty() => {
            (false, format!("{}\n  logs in {}", done.complaints.join("\n  "), done.dir.display()))
        }
        Ok(done) => (true, summary(scenario, done)),
    };
    Row { name, good, text }
}

fn summary(scenario: &Scenario, done: &Done) -> String {
    match (&done.timeline, scenario.expect.outcome) {
        (Some(timeline), Outcome::Boots) => format!("booted: {}", timeline.line()),
        _ => format!("failed as it must, after {:.0} s", done.took.as_secs_f64()),
    }
}

fn minutes(time: Duration) -> String {
    format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60)
}

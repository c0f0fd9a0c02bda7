//! Measures the wall-clock time of a plan of 255 SSNS over 4 interfaces: `cargo bench -p libnbft --bench plan`. Fails if the median
//! is more than a millisecond.

#[path = "../tests/support/mod.rs"]
mod support;

use libnbft::plan::{Options, Plan, Source};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const ROUNDS: usize = 501;
const LIMIT: Duration = Duration::from_millis(1);

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benches too, unoptimised.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let table = support::tables::many_paths(4);
    let sources = [Source { name: "NBFT", table: &table }];
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let plan = black_box(Plan::new(black_box(&sources), &Options::default()));
            let took = start.elapsed();
            assert_eq!(plan.paths.len(), 255 * 4);
            took
        })
        .collect();
    times.sort();
    let median = times[ROUNDS / 2];
    println!("255 SSNS over 4 interfaces planned in {median:?} (at most {LIMIT:?})");
    if median <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

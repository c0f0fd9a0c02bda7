//! Measures the wall-clock time from a file to its model, against only reading that file: `cargo bench -p libnbft --bench read`.
//!
//! Both are timed in turn, batch by batch, so that whatever else the machine does hits both. The medians count. Fails when
//! the model costs more than three times the reading.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const ROUNDS: usize = 2001;
/// Short enough that on a busy machine most batches end within one slice of processor time.
const BATCH: u32 = 20;
const LIMIT: f64 = 3.0;

/// The largest table of `testdata/`.
fn largest() -> Option<PathBuf> {
    let testdata = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata"));
    let folders = ["tables", "firmware"].map(|folder| std::fs::read_dir(testdata.join(folder)));
    let files = folders.into_iter().flatten().flatten().flatten().map(|entry| entry.path());
    let tables =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "nbft" || extension == "bin"));
    tables.max_by_key(|path| path.metadata().map_or(0, |metadata| metadata.len()))
}

fn time(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..BATCH {
        work();
    }
    start.elapsed() / BATCH
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benches too, unoptimised.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let Some(path) = largest() else {
        println!("there is no table to read");
        return ExitCode::FAILURE;
    };
    let Some(file) = libnbft::files::find(&path).ok().and_then(|files| files.into_iter().next()) else {
        println!("{} cannot be found", path.display());
        return ExitCode::FAILURE;
    };
    let (mut reading, mut modelling) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reading.push(time(|| drop(black_box(std::fs::read(black_box(&path))))));
        modelling
            .push(time(|| drop(black_box(file.read().map(|bytes| libnbft::parse(&bytes).map(|parsed| parsed.table))))));
    }
    let (reading, modelling) = (median(reading), median(modelling));
    let ratio = modelling.as_secs_f64() / reading.as_secs_f64();
    println!("{}: {} bytes", path.display(), path.metadata().map_or(0, |metadata| metadata.len()));
    println!(
        "reading the file  {reading:?}\nfile to model     {modelling:?}\nratio             {ratio:.2} (at most {LIMIT})"
    );
    if ratio <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Counts the instructions that reading takes, by valgrind: `cargo bench -p libnbft --bench instructions`.
//!
//! The count is the same at every run, whatever else the machine does, so that a regression shows. What one operation takes is
//! the difference between many of them and few. Fails when a count is above its limit; a change that is worth its price
//! raises the limit in the same commit.

use std::hint::black_box;
use std::process::{Command, ExitCode};

const FULL: &[u8] = include_bytes!("../testdata/tables/full.nbft");
const DAMAGED: &[u8] = include_bytes!("../testdata/rules/heap-outside.nbft");

/// An operation: its name, what it does, and the most instructions that it may take.
struct Operation {
    name: &'static str,
    run: fn(),
    limit: u64,
}

const OPERATIONS: &[Operation] = &[
    Operation { name: "parse a full table", run: || drop(black_box(libnbft::parse(black_box(FULL)))), limit: 19_000 },
    Operation {
        name: "parse a damaged table",
        run: || drop(black_box(libnbft::parse(black_box(DAMAGED)))),
        limit: 10_000,
    },
    Operation { name: "check a full table", run: check, limit: 49_000 },
    Operation { name: "write a full table", run: write, limit: 26_500 },
];

fn check() {
    if let Ok(parsed) = libnbft::parse(black_box(FULL)) {
        black_box(parsed.check());
    }
}

fn write() {
    if let Ok(parsed) = libnbft::parse(black_box(FULL)) {
        drop(black_box(libnbft::write(&parsed.table)));
    }
}

/// How often the operation is done in the run with few of them, and how many more often in the other.
const FEW: u64 = 10;
const MORE: u64 = 100;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--inner") {
        let number = |text: Option<String>| text.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let (operation, times) = (number(arguments.next()), number(arguments.next()));
        for _ in 0..times {
            (OPERATIONS[operation].run)();
        }
        return ExitCode::SUCCESS;
    }
    // `cargo test --all-targets` runs benches too, unoptimised.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let mut failed = false;
    for (number, operation) in OPERATIONS.iter().enumerate() {
        let Some((few, many)) = count(number, FEW).zip(count(number, FEW + MORE)) else {
            println!("valgrind cannot be run, or says no count");
            return ExitCode::FAILURE;
        };
        let (each, limit) = ((many - few) / MORE, operation.limit);
        let verdict = if each > limit { "ABOVE ITS LIMIT" } else { "" };
        println!("{:24} {each:8} instructions (at most {limit}) {verdict}", operation.name);
        failed |= each > limit;
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Instructions of a run of this program that does the operation so many times.
fn count(operation: usize, times: u64) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args(["--inner", &operation.to_string(), &times.to_string()])
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

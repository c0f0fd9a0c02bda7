//! Reads the command line of `cargo lab` and calls the room that does the command.

mod completions;

use crate::run::boot::{self, Done, Options};
use crate::run::{bare, bench, recording, soak, suite, timeline};
use crate::scenario::Scenario;
use crate::scenario::system::Init;
use crate::tools::error::{At as _, Result};
use crate::tools::place::Place;
use crate::tools::signals;
use crate::{prepare, scenario};
use clap::{Parser, Subcommand};
use clap_complete::Shell;
use std::fs;
use std::path::PathBuf;

/// Boots virtual machines from an NBFT against a real target.
#[derive(Debug, Parser)]
#[command(name = "cargo lab")]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Boot one scenario and print the result
    Boot {
        /// Name of the scenario; `cargo lab list` prints all names
        #[arg(default_value = "static4")]
        scenario: String,
        /// Kind of initramfs [default: each kind of the scenario]
        #[arg(long, value_enum)]
        initrd: Option<Init>,
        /// Keep the host with a shell on this terminal (end it with Ctrl-C)
        #[arg(long)]
        keep: bool,
        /// Write the console to FILE as an animated SVG (of the last kind of initramfs)
        #[arg(long, value_name = "FILE")]
        recording: Option<PathBuf>,
    },
    /// Run scenarios, each in its kinds of initramfs, and print a table
    Test {
        /// Names of scenarios [default: all]
        scenarios: Vec<String>,
        /// Run the scenarios of CI (lab/ci.toml)
        #[arg(long, conflicts_with = "scenarios")]
        ci: bool,
        /// Only this kind of initramfs
        #[arg(long, value_enum)]
        initrd: Option<Init>,
        /// Scenarios that run at the same time
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Make the images, and boot nothing
        #[arg(long)]
        images: bool,
    },
    /// Measure how long boots take: from a local disk, the stock way and with nbft, in turn
    Bench {
        /// Name of the scenario whose machine boots
        #[arg(default_value = "firmware-static4")]
        scenario: String,
        /// Rounds; each round boots every way once
        #[arg(short = 'n', long, default_value_t = 9)]
        rounds: u32,
        /// Kind of initramfs [default: each kind of the scenario]
        #[arg(long, value_enum)]
        initrd: Option<Init>,
        /// Leave out the stock way: a round of it takes minutes if it gives up
        #[arg(long)]
        ours: bool,
        /// Also print a table for README.md: how much longer each way takes than the first one
        #[arg(long)]
        markdown: bool,
    },
    /// Compare nbft connect with plain writes to /dev/nvme-fabrics, in one machine
    Bare {
        /// Name of the scenario whose machine is used; its root is local
        #[arg(default_value = "sixty-four-paths")]
        scenario: String,
        /// Rounds; each round connects both ways once
        #[arg(short = 'n', long, default_value_t = 9)]
        rounds: u32,
    },
    /// Boot many times with one of two paths dead; chance decides which path, and how it fails
    Soak {
        /// Number of boots
        #[arg(short = 'n', long, default_value_t = 50)]
        boots: usize,
        /// Seed of the random choices: the same seed gives the same boots [default: random, and printed]
        #[arg(long)]
        seed: Option<u64>,
        /// Boots that run at the same time
        #[arg(long, default_value_t = 2)]
        jobs: usize,
    },
    /// Print the scenarios: name, kinds of initramfs, summary
    List,
    /// Print a script with which a shell completes `cargo lab` and the names of the scenarios
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Download and build the tools, kernels and Debian folders that all scenarios share
    Prepare,
}

/// Does it; whether all came out as expected.
pub fn run(cli: Cli) -> Result<bool> {
    signals::watch()?;
    let place = Place::find()?;
    match cli.command {
        Command::List => {
            for scenario in scenario::all(&place)? {
                let kinds: Vec<&str> = scenario.init.iter().map(|init| init.name()).collect();
                println!("{:<28} {:<16} {}", scenario.name, kinds.join(" "), scenario.summary);
            }
            Ok(true)
        }
        Command::Completions { shell } => {
            print!("{}", completions::script(shell, &scenario::names(&place)?));
            Ok(true)
        }
        Command::Prepare => {
            prepare::tools(&place)?;
            for flavour in [prepare::kernel::Flavour::Cloud612, prepare::kernel::Flavour::Generic61] {
                prepare::kernel::kernel(&place, flavour)?;
            }
            for debian in [prepare::chroot::Debian::Trixie, prepare::chroot::Debian::Bookworm] {
                prepare::chroot::chroot(&place, debian)?;
            }
            Ok(true)
        }
        Command::Test { scenarios, ci, initrd, jobs, images } => {
            prepare::tools(&place)?;
            let chosen: Vec<(Scenario, Vec<Init>)> = if ci {
                scenario::ci(&place)?
            } else if scenarios.is_empty() {
                scenario::all(&place)?.into_iter().map(with_kinds).collect()
            } else {
                scenarios.iter().map(|name| scenario::load(&place, name).map(with_kinds)).collect::<Result<_>>()?
            };
            let wanted = |init: &Init| initrd.is_none_or(|only| only == *init);
            let cases: Vec<suite::Case> = chosen
                .into_iter()
                .flat_map(|(scenario, kinds)| {
                    kinds.into_iter().filter(wanted).map(move |init| (scenario.clone(), init))
                })
                .collect();
            if images { suite::images(&place, &cases, jobs) } else { suite::run(&place, &cases, jobs) }
        }
        Command::Bare { scenario, rounds } => {
            prepare::tools(&place)?;
            bare::run(&place, &scenario::load(&place, &scenario)?, rounds)
        }
        Command::Soak { boots, seed, jobs } => {
            prepare::tools(&place)?;
            let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
            println!("seed {seed}");
            suite::run(&place, &soak::cases(&place, boots, seed)?, jobs)
        }
        Command::Bench { scenario, rounds, initrd, ours, markdown } => {
            prepare::tools(&place)?;
            let scenario = scenario::load(&place, &scenario)?;
            let kinds = initrd.map_or_else(|| scenario.init.clone(), |init| vec![init]);
            let options = bench::Options { rounds, kinds: &kinds, ours, markdown };
            bench::run(&place, &scenario, options)
        }
        Command::Boot { scenario, initrd, keep, recording } => {
            prepare::tools(&place)?;
            let scenario = scenario::load(&place, &scenario)?;
            let kinds = initrd.map_or_else(|| scenario.init.clone(), |init| vec![init]);
            let mut good = true;
            for init in kinds {
                let images = boot::marked_images(&place, &scenario, init)?;
                println!("{} ({}): {}", scenario.name, init.name(), scenario.summary);
                let done = boot::run(&place, &scenario, init, &images, Options { keep, quiet: false })?;
                show(&done);
                if let Some(file) = &recording {
                    let log = done.dir.join("host.log");
                    let log = fs::read_to_string(&log).at(&log)?;
                    fs::write(file, recording::svg(&scenario.summary, &log)).at(file)?;
                }
                good &= done.complaints.is_empty();
            }
            Ok(good)
        }
    }
}

fn with_kinds(scenario: Scenario) -> (Scenario, Vec<Init>) {
    let kinds = scenario.init.clone();
    (scenario, kinds)
}

fn show(done: &Done) {
    for (name, transport, uuid) in done.report.leaves() {
        println!("  root: {} on {name}, transport {transport} {uuid}", done.report.all("root").join(" "));
    }
    for interface in done.report.interfaces().into_iter().filter(|name| name.starts_with("nbft")) {
        println!("  {interface}: {}", done.report.addresses(interface).join(" "));
    }
    for controller in done.report.controllers() {
        let get = |key: &str| controller.get(key).copied().unwrap_or("-");
        println!("  {}: {} {} {}", get("name"), get("transport"), get("state"), get("address"));
    }
    if let Some(status) = done.report.status("status-table") {
        println!("  nbft status (exit {status}):");
        for line in done.report.block("status-table") {
            println!("    {line}");
        }
    }
    if let Some(timeline) = &done.timeline {
        println!("  where the time goes (kernel's seconds, and since the line above):");
        for line in timeline::steps(&done.report, &done.console) {
            println!("    {line}");
        }
        println!("  {}", timeline.line());
    }
    for complaint in &done.complaints {
        println!("  NOT AS EXPECTED: {complaint}");
    }
    let word = if done.complaints.is_empty() { "as expected" } else { "FAILED" };
    println!("  {word} after {:.1} s; logs in {}", done.took.as_secs_f64(), done.dir.display());
}

//! Fetches secrets from a Redfish service, for `nbft connect`.

use clap::Parser;
use nbft_connect::error::print;
use nbft_connect::redfish::{Args, Failure, Found, run};
use nbft_connect::text::escape;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    let show = |found: &Found| match args.print {
        true => print(&found.line()),
        false => print(&found.to_string()),
    };
    let shown = run(&args)
        .and_then(|found| found.iter().try_for_each(show).map_err(|error| Failure::ForNow(error.to_string())));
    let Err(failure) = shown else { return ExitCode::SUCCESS };
    // Whoever has started it says it, with all that belongs to it.
    let _ = writeln!(std::io::stderr(), "{}", escape(&failure.to_string()));
    match failure {
        Failure::ForNow(_) => ExitCode::from(Failure::STATUS_FOR_NOW),
        Failure::ForGood(_) => ExitCode::FAILURE,
    }
}

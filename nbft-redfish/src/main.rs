//! Fetches secrets from a Redfish service, for `nbft connect`.

use nbft_connect::output::{Text, arguments, print, print_bytes, print_error};
use nbft_redfish::{Args, Failure, Found, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Args = match arguments(std::env::args_os()) {
        Ok(args) => args,
        Err(code) => return code,
    };
    let show = |found: &Found| match args.print {
        true => print_bytes(found.line().as_bytes()),
        false => {
            let mut text = Text::new();
            text.line(found.to_string().trim_end_matches('\n'));
            print(&text)
        }
    };
    let shown = run(&args).and_then(|fetched| {
        for why in &fetched.refused {
            let _ = print_error("", why);
        }
        fetched.found.iter().try_for_each(show).map_err(|error| Failure::ForNow(error.to_string()))
    });
    let Err(failure) = shown else { return ExitCode::SUCCESS };
    // `nbft connect` logs this line with its own context.
    let _ = print_error("", &failure.to_string());
    match failure {
        Failure::ForNow(_) => ExitCode::from(Failure::STATUS_FOR_NOW),
        Failure::ForGood(_) => ExitCode::FAILURE,
    }
}

//! Fetches secrets from a Redfish service, for `nbft connect`.

use nbft_connect::nvme::keys::{Failure, failed_line};
use nbft_connect::output::{Text, arguments, print, print_bytes, print_error};
use nbft_redfish::{Args, FetchError, Found, run};
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
    let failed = |error: FetchError| {
        if args.print {
            let _ = print_bytes(failed_line(error.kind()).as_bytes());
        }
        (error.to_string(), error.is_temporary())
    };
    let ended = run(&args).map_err(failed).and_then(|fetched| {
        for why in &fetched.refused {
            let _ = print_error("", why);
        }
        fetched.found.iter().try_for_each(show).map_err(|error| (error.to_string(), true))
    });
    let Err((message, is_temporary)) = ended else { return ExitCode::SUCCESS };
    // `nbft connect` logs this line with its own context.
    let _ = print_error("", &message);
    if is_temporary { ExitCode::from(Failure::STATUS_FOR_NOW) } else { ExitCode::FAILURE }
}

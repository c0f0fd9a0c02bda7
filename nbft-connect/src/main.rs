//! `nbft`: boots Linux from NVMe/TCP as the firmware's table says.

use nbft_connect::cli::Cli;
use nbft_connect::output::logger;
use nbft_connect::{output, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli: Cli = match output::arguments(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    output::set_color(cli.common.color);
    logger::init(cli.command.log_level(cli.common.verbose));
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{error}");
            error.exit_code().into()
        }
    }
}

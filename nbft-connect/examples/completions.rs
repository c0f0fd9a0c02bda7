//! Writes shell completions: `cargo run -p nbft-connect --example completions -- DIR`.

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};
use nbft_connect::cli::Cli;
use std::io;

#[expect(clippy::disallowed_macros, reason = "paths of the one who called it")]
fn main() -> io::Result<()> {
    let Some(dir) = std::env::args_os().nth(1) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "which directory?"));
    };
    std::fs::create_dir_all(&dir)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let path = generate_to(shell, &mut Cli::command(), "nbft", &dir)?;
        println!("{}", path.display());
    }
    Ok(())
}

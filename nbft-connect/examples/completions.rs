//! Writes shell completions: `cargo run -p nbft-connect --example completions -- DIR`.

mod names;

use clap_complete::{Generator as _, Shell};
use std::io;
use std::path::Path;

#[expect(clippy::disallowed_macros, clippy::disallowed_methods, reason = "files and paths of the one who called it")]
fn main() -> io::Result<()> {
    let Some(dir) = std::env::args_os().nth(1) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "which directory?"));
    };
    std::fs::create_dir_all(&dir)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let path = Path::new(&dir).join(shell.file_name("nbft"));
        std::fs::write(&path, names::script(shell))?;
        println!("{}", path.display());
    }
    Ok(())
}

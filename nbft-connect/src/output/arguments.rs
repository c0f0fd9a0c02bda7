//! Reads the command line. clap quotes in its messages what was typed; here it is quoted escaped.

use super::{Text, escape, print, stderr_text};
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// What was typed.
///
/// # Errors
///
/// The exit code, where it is of no use or asks for help: that was printed.
pub fn arguments<T: Parser>(typed: impl IntoIterator<Item = OsString>) -> Result<T, ExitCode> {
    let typed: Vec<OsString> = typed.into_iter().collect();
    T::try_parse_from(&typed).map_err(|error| {
        // What is wrong is as wrong when it is escaped, and what is said of it then has no line end that is not clap's.
        let escaped = typed.iter().map(|word| escape(&word.to_string_lossy()).into_owned());
        let error = T::try_parse_from(escaped).err().unwrap_or(error);
        let text = Text::from_lines(&error.render().to_string());
        // Whom it cannot be told knows by the exit code.
        let _ = match error.use_stderr() {
            true => stderr_text(&text),
            false => print(&text).map_err(std::io::Error::other),
        };
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

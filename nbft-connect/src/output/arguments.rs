//! Reads the command line. clap quotes in its messages what was typed; here it is quoted escaped.

use super::{Color, Screen, Text, escape, print, stderr_text};
use clap::{Command, CommandFactory, Parser};
use std::ffi::OsString;
use std::process::ExitCode;

/// Parses what was typed.
///
/// # Errors
///
/// The exit code, if the arguments are unusable or ask for help; the message was printed.
pub fn arguments<T: Parser>(typed: impl IntoIterator<Item = OsString>) -> Result<T, ExitCode> {
    let typed: Vec<OsString> = typed.into_iter().collect();
    parsed::<T>(&typed).map_err(|error| {
        // Escaped words cause the same error, and its message then has no line ends but clap's.
        let escaped = typed.iter().map(|word| escape(&word.to_string_lossy()).into_owned());
        let error = parsed::<T>(escaped).err().unwrap_or(error);
        let text = Text::from_lines(&error.render().to_string());
        // If the message cannot be printed, the exit code remains.
        let _ = match error.use_stderr() {
            true => stderr_text(&text),
            false => print(&text).map_err(std::io::Error::other),
        };
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// The command line, with help as wide as the screen.
pub fn for_screen<T: CommandFactory>(screen: Screen) -> Command {
    T::command().term_width(screen.width.min(HELP_WIDTH))
}

/// Longer lines of help are hard to read.
const HELP_WIDTH: usize = 100;

fn parsed<T: Parser>(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<T, clap::Error> {
    let mut command = for_screen::<T>(Screen::current(Color::Auto));
    let mut matches = command.try_get_matches_from_mut(words)?;
    T::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

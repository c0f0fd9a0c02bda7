//! Provides the program's only way out, the door: all that a command prints, logs, tells systemd or writes to a file passes here.
//!
//! People get [`Text`]: lines without any character that a terminal would obey. Programs get JSON ([`json`]) that holds none either and
//! means the same. A caller cannot forget either. Secrets in reasons are masked. Only output with its own quoting is passed unchanged:
//! the files of the exporters, pictures, and tables ([`print_bytes`]). clippy.toml forbids to print or to make JSON anywhere else.

mod arguments;
mod audience;
mod cut;
pub mod json;
pub mod live;
pub mod logger;
mod mark;
mod mask;
pub mod replace;
mod screen;
mod table;
mod text;
mod wrap;
mod xml;

pub use arguments::{arguments, for_screen};
pub use audience::Audience;
pub use cut::cut;
pub use libnbft::text::escape;
pub use mark::{Mark, Part};
pub use mask::mask;
pub(crate) use mask::{DHCHAP_PREFIX, PSK_PREFIX};
pub use screen::{Color, Screen};
pub use table::{Cell, Fit, Table};
pub use text::Text;
pub use xml::Xml;

use crate::error::Error;
use std::io::{self, Write};

/// One line as people see it: secrets masked, then escaped.
#[must_use]
pub fn line(text: &str) -> String {
    escape(&mask(text)).into_owned()
}

/// Prints lines to standard output.
///
/// # Errors
///
/// When standard output cannot be written; a closed pipe is reported as such and is no failure of the command.
pub fn print(text: &Text) -> Result<(), Error> {
    print_bytes(text.shown(screen()).as_bytes())
}

/// Prints texts one after another with an empty line between them. None is made before the one before it is printed.
///
/// # Errors
///
/// As [`print()`].
pub fn print_each(texts: impl IntoIterator<Item = Text>) -> Result<(), Error> {
    for (n, text) in texts.into_iter().enumerate() {
        if n > 0 {
            print_bytes(b"\n")?;
        }
        print(&text)?;
    }
    Ok(())
}

/// Writes to standard output what has its own quoting: an exporter's file, a picture, a table, a message between nbft's programs.
///
/// # Errors
///
/// As [`print()`].
pub fn print_bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut out = stdout();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Error::Stdout)
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn stdout() -> impl Write {
    io::BufWriter::new(io::stdout().lock())
}

/// Sets when colours are used, before anything is printed.
pub fn set_color(color: Color) {
    let _ = Screen::of_stdout(color);
}

/// The screen that standard output is.
#[must_use]
pub fn screen() -> Screen {
    Screen::of_stdout(Color::default())
}

/// Whether standard output is a terminal.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn is_terminal() -> bool {
    io::IsTerminal::is_terminal(&io::stdout())
}

/// Writes one line to standard error: `before` as it is, `text` as [`line()`] makes it. One write, so that no other program's text
/// comes between.
///
/// # Errors
///
/// The system's error.
pub fn print_error(before: &str, text: &str) -> io::Result<()> {
    live::above(&format!("{before}{}\n", line(text)))
}

/// Prints lines to standard error.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn stderr_text(text: &Text) -> io::Result<()> {
    io::stderr().write_all(text.plain().as_bytes())
}

/// Standard error, to query what it is.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn stderr() -> impl std::os::fd::AsFd + io::IsTerminal {
    io::stderr()
}

/// Tells systemd the status in one line, and whether units that wait for this may start. Without systemd it does nothing.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn tell_systemd(status: &str, is_ready: bool) {
    let status = line(status);
    let mut states = vec![sd_notify::NotifyState::Status(&status)];
    states.extend(is_ready.then_some(sd_notify::NotifyState::Ready));
    let _ = sd_notify::notify(&states);
}

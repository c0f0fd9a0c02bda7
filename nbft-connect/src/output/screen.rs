//! Finds out what standard output can show: how wide a line may be, and whether colours and Unicode have a place.

use clap::ValueEnum;
use std::env;
use std::sync::OnceLock;

/// When colours are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The properties that lines for people are laid out for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns of a line.
    pub width: usize,
    /// Whether characters beyond ASCII may be drawn with.
    pub unicode: bool,
    /// Whether states, severities and parts of a table have a colour.
    pub color: bool,
}

/// Columns if their number is unknown: those of a text console.
const WIDTH: usize = 80;
/// Rows if their number is unknown.
const HEIGHT: usize = 24;
/// The narrowest layout, in columns.
pub(super) const MIN_WIDTH: usize = 40;
/// The widest layout, in columns.
const MAX_WIDTH: usize = 1000;

static COLOR: OnceLock<Color> = OnceLock::new();

impl Screen {
    /// The screen of a pipe or file: ASCII without colours.
    #[must_use]
    pub const fn plain(width: usize) -> Self {
        Self { width, unicode: false, color: false }
    }

    /// The screen that standard output is now; the first call decides about colours.
    #[must_use]
    pub fn of_stdout(color: Color) -> Self {
        Self::current(*COLOR.get_or_init(|| color))
    }

    /// As [`Self::of_stdout`], with colours decided anew.
    #[must_use]
    pub(super) fn current(color: Color) -> Self {
        let is_terminal = super::is_terminal();
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        let columns = env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
        let width = columns.or_else(|| is_terminal.then(terminal_width).flatten()).filter(|width| *width > 0);
        Self {
            width: width.unwrap_or(WIDTH).clamp(MIN_WIDTH, MAX_WIDTH),
            unicode: is_terminal && has_utf8(|name| env::var(name).ok()),
            color,
        }
    }

    /// The sign for the left-out middle of a word.
    pub(super) const fn ellipsis(self) -> &'static str {
        if self.unicode { "\u{2026}" } else { "..." }
    }
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Whether the locale has UTF-8: the first variable that is set decides.
fn has_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

nix::ioctl_read_bad!(window_size, nix::libc::TIOCGWINSZ, nix::libc::winsize);

/// The terminal's columns; a serial console often does not know.
fn terminal_width() -> Option<usize> {
    window().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Columns and rows of the terminal now.
pub(super) fn terminal_size() -> (usize, usize) {
    let rows = window().map(|size| usize::from(size.ws_row)).filter(|rows| *rows > 0);
    (terminal_width().unwrap_or(WIDTH), rows.unwrap_or(HEIGHT))
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn window() -> Option<nix::libc::winsize> {
    use std::os::fd::AsRawFd;
    let mut size = nix::libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel writes one winsize to where `size` is, which outlives the call.
    unsafe { window_size(std::io::stdout().as_raw_fd(), &raw mut size) }.ok()?;
    Some(size)
}

#[cfg(test)]
mod tests {
    use super::has_utf8;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let locale = |variables: &'static [(&str, &str)]| {
            has_utf8(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(locale(&[("LANG", "en_GB.UTF-8")]));
        assert!(locale(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]));
        assert!(!locale(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(!locale(&[("LANG", "de_DE@euro")]));
        assert!(!locale(&[]));
    }
}

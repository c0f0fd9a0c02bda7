//! Draws lines at the end of a terminal's text again in place. Other output goes above them.

pub use super::audience::is_drawable;
use super::screen::{self, Screen};
use super::{Text, screen as output_screen};
use std::io::{self, Write};
use std::sync::{Mutex, TryLockError};

/// What is drawn.
static AREA: Mutex<Area> = Mutex::new(Area { lines: Vec::new(), columns: 0 });

struct Area {
    /// As they were written, each no wider than the terminal.
    lines: Vec<String>,
    /// How wide it was then.
    columns: usize,
}

/// Draws these lines in the place of those that are drawn. Each is cut at the terminal's width, and there are no more than fit.
pub fn draw(text: &Text) {
    let (columns, rows) = screen::terminal_size();
    // A character in the last column makes some terminals begin a line.
    let screen = Screen { width: columns.saturating_sub(1), ..output_screen() };
    with_area(|area, out| {
        out.push_str(&area.erased(columns));
        (area.lines, area.columns) = (fitting(text.cut(screen), rows), columns);
        area.lines.iter().for_each(|line| put(out, line));
    });
}

/// The screen that lines are laid out for now: its width changes.
#[must_use]
pub fn screen() -> Screen {
    let columns = screen::terminal_size().0.saturating_sub(1);
    Screen { width: columns.max(screen::MIN_WIDTH), ..output_screen() }
}

/// Leaves the lines where they are.
pub fn leave() {
    with_area(|area, _| area.lines.clear());
}

/// Takes the lines away.
pub fn end() {
    with_area(|area, out| {
        out.push_str(&area.erased(screen::terminal_size().0));
        area.lines.clear();
    });
}

/// Writes other output above the lines; in one write, if there are no lines.
pub(super) fn above(text: &str) -> io::Result<()> {
    let mut area = match AREA.try_lock() {
        Ok(area) => area,
        // A panic while they are drawn must still be able to print.
        Err(TryLockError::Poisoned(_) | TryLockError::WouldBlock) => return write(text),
    };
    if area.lines.is_empty() {
        return write(text);
    }
    let columns = screen::terminal_size().0;
    let mut out = area.erased(columns);
    out.push_str(text);
    match columns < area.columns {
        // They are too wide now, and are drawn anew soon.
        true => area.lines.clear(),
        false => area.lines.iter().for_each(|line| put(&mut out, line)),
    }
    write(&out)
}

impl Area {
    /// The text that erases the lines. A terminal that has become narrower may have broken them into more, or not: they stay then.
    fn erased(&self, columns: usize) -> String {
        match self.lines.len() {
            0 => String::new(),
            _ if columns < self.columns => String::new(),
            lines => format!("\x1b[{lines}A\r\x1b[J"),
        }
    }
}

fn with_area(change: impl FnOnce(&mut Area, &mut String)) {
    let Ok(mut area) = AREA.try_lock() else { return };
    let mut out = String::new();
    change(&mut area, &mut out);
    // A closed terminal is no failure.
    let _ = if out.is_empty() { Ok(()) } else { write(&out) };
}

fn put(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// As many lines as the terminal has, less the one of the cursor; the last one says how many are not shown.
fn fitting(mut lines: Vec<String>, rows: usize) -> Vec<String> {
    let most = rows.saturating_sub(1).max(1);
    if lines.len() > most {
        let more = lines.len() - (most - 1);
        lines.truncate(most - 1);
        lines.push(format!("({more} more)"));
    }
    lines
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn write(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Area, fitting};

    #[test]
    fn no_more_lines_than_rows() {
        let lines = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(fitting(lines(3), 4), ["0", "1", "2"]);
        assert_eq!(fitting(lines(5), 4), ["0", "1", "(3 more)"]);
        assert_eq!(fitting(lines(2), 0), ["(2 more)"]);
    }

    #[test]
    fn only_what_is_known_to_be_ours_is_taken_away() {
        let area = Area { lines: vec!["a".into(), "b".into()], columns: 80 };
        assert_eq!((area.erased(80), area.erased(100)), ("\u{1b}[2A\r\u{1b}[J".into(), "\u{1b}[2A\r\u{1b}[J".into()));
        assert_eq!(area.erased(79), "");
        assert_eq!(Area { lines: Vec::new(), columns: 80 }.erased(80), "");
    }
}

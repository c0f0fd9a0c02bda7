//! Sends log lines to the journal by stderr, to the kernel's log in an initramfs without a journal, or to plain stderr.

use crate::{initramfs, output};
use log::{Level, LevelFilter, Log, Metadata, Record};
use nix::sys::stat::{FileStat, fstat};
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Target of lines that the console of a boot shows although nothing is wrong: the result, what is waited for, and the end of a warning.
/// All other lines without a fault are only in the log.
pub const CONSOLE: &str = "nbft::console";

/// Target of a line that ends a warning, if there was one.
#[must_use]
pub const fn target_after(has_warned: bool) -> &'static str {
    if has_warned { CONSOLE } else { "nbft" }
}

enum Sink {
    /// Standard error is the journal: each line has a priority prefix.
    Journal,
    /// The kernel's log.
    Kernel(File),
    /// Standard error.
    Plain,
}

struct Logger {
    sink: Sink,
}

const DEBUG: u8 = 7;

const fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => DEBUG,
    }
}

/// The priority in the kernel's log. Consoles show the priorities 0 to 6, unless the kernel's command line says otherwise; a good boot
/// with many paths must not fill them.
fn kernel_priority(level: Level, target: &str) -> u8 {
    match level {
        Level::Info if target != CONSOLE => DEBUG,
        level => priority(level),
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The netlink crates log every message at debug level: only nbft's own debug lines are wanted.
        metadata.level() <= Level::Warn || metadata.target().starts_with("nbft")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = record.level();
        let text = record.args().to_string();
        // One write, so that no other program's text comes between. A log that cannot be written must never stop a boot.
        let _ = match &self.sink {
            Sink::Journal => output::print_error(&format!("<{}>", priority(level)), &text),
            Sink::Plain => output::print_error("nbft: ", &text),
            Sink::Kernel(file) => {
                let priority = kernel_priority(level, record.target());
                let line = format!("<{priority}>nbft: {}\n", output::line(&text));
                (&mut &*file).write_all(line.as_bytes())
            }
        };
    }

    fn flush(&self) {}
}

fn sink() -> Sink {
    let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    if is_stream(&named, fstat(output::stderr()).ok().as_ref()) {
        return Sink::Journal;
    }
    if !initramfs::is_at(Path::new("/")) || output::stderr().is_terminal() {
        return Sink::Plain;
    }
    kernel_log().map_or(Sink::Plain, Sink::Kernel)
}

/// Whether a file is the one that systemd names in JOURNAL_STREAM, by device and inode: a service's children have the variable
/// too, wherever their standard error goes.
fn is_stream(named: &str, file: Option<&FileStat>) -> bool {
    let numbers = named.split_once(':').and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    file.is_some_and(|file| numbers == Some((file.st_dev, file.st_ino)))
}

#[expect(clippy::disallowed_methods, reason = "the kernel's log, one line at a time, each through the door")]
fn kernel_log() -> std::io::Result<File> {
    OpenOptions::new().write(true).open("/dev/kmsg")
}

/// Sets the logger up; `verbose` is the number of `-v`.
pub fn init(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::Info,
        _ => LevelFilter::Debug,
    };
    if log::set_boxed_logger(Box::new(Logger { sink: sink() })).is_ok() {
        log::set_max_level(level);
        // A panic's message may quote a text from outside, so it goes through the log like the rest.
        std::panic::set_hook(Box::new(|fault| {
            log::error!("a fault in nbft: {}", fault.to_string().replace('\n', " "))
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what is meant for the console has a priority that consoles show.
    #[test]
    fn a_good_boot_leaves_the_console_alone() {
        let shown = |level, target| kernel_priority(level, target) < DEBUG;
        assert!(!shown(Level::Info, "nbft_connect::connect::engine::network"));
        assert!(!shown(Level::Info, target_after(false)));
        assert!(!shown(Level::Debug, CONSOLE));
        assert!(shown(Level::Info, CONSOLE));
        assert!(shown(Level::Info, target_after(true)));
        assert!(shown(Level::Warn, "nbft_connect::net"));
        assert!(shown(Level::Error, "nbft_connect::net"));
    }
}

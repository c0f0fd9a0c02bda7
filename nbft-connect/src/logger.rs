//! Where log lines go: the journal by stderr, the kernel's log in an initramfs without one, or plain stderr.

use log::{Level, LevelFilter, Log, Metadata, Record};
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};

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

const fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The netlink crates speak of every message at debug level: only our own debug lines are wanted.
        metadata.level() <= Level::Warn || metadata.target().starts_with("nbft")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let priority = priority(record.level());
        let text = record.args().to_string();
        let text = crate::text::escape(&text);
        let line = match &self.sink {
            Sink::Journal => format!("<{priority}>{text}\n"),
            Sink::Kernel(_) => format!("<{priority}>nbft: {text}\n"),
            Sink::Plain => format!("nbft: {text}\n"),
        };
        // One write, so that no other program's text comes between. A log that cannot be written must never stop a boot.
        let _ = match &self.sink {
            Sink::Kernel(file) => (&mut &*file).write_all(line.as_bytes()),
            Sink::Journal | Sink::Plain => std::io::stderr().write_all(line.as_bytes()),
        };
    }

    fn flush(&self) {}
}

fn sink() -> Sink {
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        return Sink::Journal;
    }
    // dracut makes the first only with systemd.
    let in_initramfs =
        ["/etc/initrd-release", "/usr/lib/initrd-release"].iter().any(|file| std::path::Path::new(file).exists());
    if !in_initramfs || std::io::stderr().is_terminal() {
        return Sink::Plain;
    }
    OpenOptions::new().write(true).open("/dev/kmsg").map_or(Sink::Plain, Sink::Kernel)
}

/// Sets the logger up; `verbose` is the number of `-v`.
pub fn init(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::Info,
        1 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    if log::set_boxed_logger(Box::new(Logger { sink: sink() })).is_ok() {
        log::set_max_level(level);
    }
}

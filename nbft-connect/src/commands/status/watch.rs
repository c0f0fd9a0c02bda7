//! `nbft status --watch`: the status again and again, until Ctrl-C.

use super::text;
use crate::cli::Common;
use crate::error::{Error, Part};
use crate::exit::Exit;
use crate::output::{self, Text, live, print};
use crate::status::schema::{STATUS_FILE, Status};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Shows the status every so often. Ctrl-C is success.
///
/// # Errors
///
/// When standard output cannot be written, or signals cannot be heard.
pub(super) fn run(every: Duration, common: &Common) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Part::Runtime.failed())?;
    let mut interrupt = {
        let _inside = runtime.enter();
        signal(SignalKind::interrupt()).map_err(Part::Signals.failed())?
    };
    let mut view = View::new(common);
    loop {
        view.show()?;
        // Drawing uses a runtime of its own for netlink, so it must not run inside this one.
        let is_over = runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => true,
                () = tokio::time::sleep(every) => false,
            }
        });
        if is_over {
            live::leave();
            return Ok(Exit::Ok);
        }
    }
}

/// The last output, and what it was made from.
struct View<'c> {
    common: &'c Common,
    file: PathBuf,
    /// The file that was read last.
    seen: Option<Identity>,
    /// The status in the file, or why it cannot be read.
    read: Result<Box<Status>, String>,
    /// What was printed last, without its age.
    printed: Option<String>,
    is_drawable: bool,
}

/// Identifies a file and its content: it changes when the file is replaced or written to.
#[derive(PartialEq, Eq)]
struct Identity([u64; 2], [i64; 2], u64);

impl From<Metadata> for Identity {
    fn from(of: Metadata) -> Self {
        Self([of.dev(), of.ino()], [of.mtime(), of.mtime_nsec()], of.len())
    }
}

impl<'c> View<'c> {
    fn new(common: &'c Common) -> Self {
        let file = common.path(STATUS_FILE);
        let read = Err(not_run(&file));
        Self { common, file, seen: None, read, printed: None, is_drawable: live::is_drawable() }
    }

    /// Draws the status on a terminal; elsewhere prints it if it has changed.
    fn show(&mut self) -> Result<(), Error> {
        self.read();
        let screen = if self.is_drawable { live::screen() } else { output::screen() };
        let root = self.common.path("/");
        let status = self.read.as_ref().map(|status| super::refreshed(Status::clone(status), &root));
        let laid_out = |is_aged: bool| match &status {
            Ok(status) => {
                let age = if is_aged { text::age_ms(status, &root) } else { None };
                super::laid_out(status, age, self.common, screen)
            }
            Err(why) => {
                let mut text = Text::new();
                text.wrapped(screen, 2, why);
                text
            }
        };
        if self.is_drawable {
            live::draw(&laid_out(true));
            return Ok(());
        }
        let compared = laid_out(false).plain();
        if self.printed.as_ref() != Some(&compared) {
            let mut out = Text::new();
            if self.printed.is_some() {
                out.end();
            }
            out.append(&laid_out(true), "");
            print(&out)?;
            self.printed = Some(compared);
        }
        Ok(())
    }

    /// Reads the file if it has changed.
    fn read(&mut self) {
        let now = std::fs::metadata(&self.file).ok().map(Identity::from);
        if now == self.seen && now.is_some() {
            return;
        }
        self.seen = now;
        self.read = match Status::read(&self.file) {
            Ok(Some(status)) => Ok(Box::new(status)),
            Ok(None) => Err(not_run(&self.file)),
            Err(error) => Err(error.to_string()),
        };
    }
}

fn not_run(file: &std::path::Path) -> String {
    format!("{}: nbft connect has not run", file.display())
}

//! Lets the fuzzer read status.json and run all that nbft derives from it.

use crate::cli::ExportFormat;
use crate::export;
use crate::output::Screen;
use crate::output::json::{self, Secrets};
use crate::status::schema::Status;
use libnbft::plan::Plan;
use std::path::Path;

/// All that nbft derives from a status file.
#[derive(Debug)]
pub struct Derived {
    /// What `nbft status` prints.
    pub text: String,
    /// What `nbft status -o json` prints.
    pub json: String,
    /// Why items were dropped.
    pub dropped: Vec<String>,
    /// What `nbft export` writes in each format that depends on the status: names and contents.
    pub exports: Vec<(String, String)>,
    /// The exit code of `nbft status`.
    pub exit: u8,
}

/// Derives all from these bytes and a plan.
///
/// # Errors
///
/// Why they are no status file.
pub fn derive(bytes: &[u8], plan: &Plan) -> Result<Derived, Box<dyn std::error::Error>> {
    // Nothing on this machine may influence the result.
    let nowhere = Path::new("/nonexistent");
    let (mut status, dropped) = Status::parse(bytes)?;
    let plan = plan.with(&crate::connect::restore_discovered(plan, &status, nowhere));
    for (_, lease) in status.leases(&plan) {
        let _ = lease.renew_in();
    }
    super::refresh(&mut status, nowhere);
    let screen = Screen::plain(80);
    let tables = super::text::tables(&status, None, screen).plain();
    let timeline = status.timeline.as_ref().map(super::timeline::drawn).unwrap_or_default();
    let formats = [ExportFormat::Networkd, ExportFormat::Networkmanager, ExportFormat::Wicked, ExportFormat::Dracut];
    let files =
        formats.into_iter().filter_map(|format| export::files(format, &plan, Some(&status), nowhere, false).ok());
    Ok(Derived {
        text: super::list::render(&status, screen).plain() + &tables + &timeline,
        json: json::text(&status, Secrets::Masked)?,
        dropped,
        exports: files.flatten().map(|file| (file.name, file.content)).collect(),
        exit: crate::status::outcome::exit_of(&status).code(),
    })
}

/// The status file of a plan, as `nbft connect` begins it.
#[must_use]
pub fn seed(plan: &Plan) -> String {
    json::text(&Status::of_plan(plan), Secrets::Masked).unwrap_or_default()
}

//! Makes handles: reads tables from a path or from memory, and plans from them.

use crate::items::{FindingItem, Handle, text};
use libnbft::files::{DEFAULT_PATH, FileError, find};
use libnbft::model::Table;
use libnbft::plan::{Options, Plan, Source};
use libnbft::{Finding, Severity, parse};
use std::path::Path;

/// The result of a call. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Code {
    Ok = 0,
    Argument = -1,
    NotFound = -2,
    Denied = -3,
    Io = -4,
    NoTable = -5,
    Range = -6,
    Internal = -7,
}

impl Code {
    pub(crate) const fn number(self) -> i32 {
        self as i32
    }

    fn of(error: &FileError) -> Self {
        if error.is_not_found() {
            Self::NotFound
        } else if error.is_permission_denied() {
            Self::Denied
        } else {
            Self::Io
        }
    }
}

/// Reads the tables at `path`; `None` means Linux' directory of ACPI tables.
pub(crate) fn open(path: Option<&Path>) -> (Code, Handle) {
    let files = match find(path.unwrap_or(Path::new(DEFAULT_PATH))) {
        Ok(files) => files,
        Err(error) => return (Code::of(&error), Handle::failed(error)),
    };
    let mut tables = Tables::default();
    for file in files {
        match file.read() {
            Ok(bytes) => tables.add(file.name, &bytes),
            Err(error) => {
                tables.refuse(&file.name, &error);
                tables.unread = Some((Code::of(&error), error));
            }
        }
    }
    tables.handle()
}

/// Reads one table from memory.
pub(crate) fn read(bytes: &[u8]) -> (Code, Handle) {
    let mut tables = Tables::default();
    tables.add("NBFT".into(), bytes);
    tables.handle()
}

#[derive(Default)]
struct Tables {
    tables: Vec<(String, Table)>,
    findings: Vec<FindingItem>,
    unread: Option<(Code, FileError)>,
}

impl Tables {
    fn add(&mut self, name: String, bytes: &[u8]) {
        match parse(bytes) {
            Ok(parsed) => {
                self.findings.extend(parsed.check().iter().map(|finding| item(&name, finding)));
                self.tables.push((name, parsed.table));
            }
            Err(error) => self.refuse(&name, &error),
        }
    }

    /// Adds an unusable table as a finding of the highest severity.
    fn refuse(&mut self, name: &str, why: &dyn std::fmt::Display) {
        let (rule, message) = (text("unusable"), text(why));
        self.findings.push(FindingItem { table: text(name), severity: severity(Severity::Error), rule, message });
    }

    fn handle(self) -> (Code, Handle) {
        let Self { tables, findings, unread } = self;
        if tables.is_empty() {
            let (code, message) = match unread {
                Some((code, error)) => (code, text(error)),
                None => (
                    Code::NoTable,
                    findings.first().map_or_else(|| text("there is no NBFT"), |one| one.message.clone()),
                ),
            };
            return (code, Handle { message, findings, ..Handle::default() });
        }
        let sources: Vec<_> = tables.iter().map(|(name, table)| Source { name, table }).collect();
        (Code::Ok, Handle { findings, ..Handle::of_plan(&Plan::new(&sources, &Options::default())) })
    }
}

fn item(table: &str, finding: &Finding) -> FindingItem {
    let (rule, message) = (text(finding.rule), text(&finding.message));
    FindingItem { table: text(table), severity: severity(finding.severity), rule, message }
}

fn severity(severity: Severity) -> i32 {
    match severity {
        Severity::Note => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
    }
}

//! `nbft check`.

use super::hex;
use super::hex::Piece;
use crate::cli::{CheckArgs, Common, Format};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::tables::TableReader;
use crate::nvme::keys;
use crate::output::json::{Secrets, print_array};
use crate::output::{Text, print, print_bytes};
use libnbft::{Finding, Severity, Together};
use serde::Serialize;
use std::path::PathBuf;

/// What became of one file.
struct Report {
    filename: String,
    outcome: Result<Checked, Unreadable>,
}

/// A table that could be read, and what is wrong with it.
struct Checked {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    findings: Vec<Finding>,
}

/// Why nothing can be read from a file, in a sentence.
struct Unreadable(String);

/// Runs the command.
///
/// # Errors
///
/// When there is nothing to read at the path, or standard output cannot be written.
pub fn run(args: &CheckArgs, common: &Common) -> Result<Exit, Error> {
    let mut tables = TableReader::find(common)?;
    let files = files(&mut tables);
    let (exit, unreadable) = (tables.exit(), tables.unreadable);
    let mut worst = None;
    let reports = files.into_iter().map(report).chain(unreadable.into_iter().map(unreadable_report));
    let reports = reports.inspect(|report| {
        worst = worst.max(report.outcome.as_ref().ok().and_then(Checked::worst));
    });
    match args.output_format {
        Format::Text => print_texts(reports)?,
        Format::Json => print_array(reports.map(Ok), Secrets::Whole)?,
    }
    let complaints = keys::complaints(&common.path("/"));
    complaints.iter().for_each(|complaint| log::warn!("{complaint}"));
    let worst = worst.max((!complaints.is_empty()).then_some(Severity::Warning));
    let bound = if args.strict { Severity::Warning } else { Severity::Error };
    Ok(if worst.is_some_and(|worst| worst >= bound) { Exit::Failed } else { exit })
}

/// A file that was read, with what is wrong between it and the others.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
    together: Vec<Finding>,
}

/// Every file that can be read. Only the bytes are kept: what they say takes many times as much, and is read again when it is
/// their turn.
fn files(tables: &mut TableReader) -> Vec<File> {
    let (mut files, mut together, mut numbers) = (Vec::new(), Together::default(), Vec::new());
    for read in tables {
        if let Ok(parsed) = read.parsed() {
            together.add(&parsed);
            numbers.push(files.len());
        }
        files.push(File { path: read.path, bytes: read.bytes, together: Vec::new() });
    }
    for (n, finding) in together.findings() {
        files[numbers[n]].together.push(finding);
    }
    files
}

fn report(file: File) -> Report {
    let File { path, bytes, together } = file;
    let findings = libnbft::parse(&bytes).map(|parsed| parsed.check()).map_err(|error| Unreadable(error.to_string()));
    let outcome = findings.map(|mut findings| {
        findings.extend(together);
        Checked { pieces: hex::pieces(&bytes), bytes, findings }
    });
    Report { filename: path.display().to_string(), outcome }
}

fn unreadable_report((path, reason): (PathBuf, String)) -> Report {
    Report { filename: path.display().to_string(), outcome: Err(Unreadable(reason)) }
}

/// One after another with an empty line between them.
fn print_texts(reports: impl Iterator<Item = Report>) -> Result<(), Error> {
    for (n, report) in reports.enumerate() {
        if n > 0 {
            print_bytes(b"\n")?;
        }
        print(&text(&report))?;
    }
    Ok(())
}

impl Checked {
    fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn text(report: &Report) -> Text {
    let mut text = Text::new();
    let name = &report.filename;
    let checked = match &report.outcome {
        Ok(checked) => checked,
        Err(reason) => {
            text.line(format_args!("{name}: cannot be read: {}", reason.0));
            return text;
        }
    };
    if checked.findings.is_empty() {
        text.line(format_args!("{name}: no findings"));
        return text;
    }
    let counts = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| counted(checked.count(severity), severity.name()));
    text.line(format_args!("{name}: {}", counts.join(", ")));
    text.end();
    table(&mut text, &checked.findings);
    for finding in &checked.findings {
        text.end();
        text.line(format_args!("{}: {}: {}", finding.severity, finding.rule, finding.message));
        text.line(format_args!("  {}", finding.rule.why()));
        text.append(&hex::marked(&checked.bytes, &checked.pieces, &finding.span), "  ");
    }
    text
}

/// One line for each finding.
fn table(text: &mut Text, findings: &[Finding]) {
    let bytes = |finding: &Finding| format!("{:04x}-{:04x}", finding.span.start, finding.span.end - 1);
    let width = |column: &dyn Fn(&Finding) -> usize| findings.iter().map(column).max().unwrap_or(0);
    let rule = width(&|finding| finding.rule.name().len());
    let span = width(&|finding| bytes(finding).len());
    text.line(format_args!("{:8} {:rule$} {:span$} Finding", "Severity", "Rule", "Bytes"));
    for finding in findings {
        let (severity, name) = (finding.severity.name(), finding.rule.name());
        text.line(format_args!("{severity:8} {name:rule$} {:span$} {}", bytes(finding), finding.message));
    }
}

/// One element of the array that `check -o json` prints.
#[derive(Serialize)]
struct JsonReport<'a> {
    filename: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<&'a str>,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    severity: &'static str,
    rule: &'static str,
    message: &'a str,
    why: &'static str,
    offset: usize,
    length: usize,
    fields: Vec<JsonField<'a>>,
}

#[derive(Serialize)]
struct JsonField<'a> {
    structure: &'a str,
    field: &'a str,
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json_report(self).serialize(serializer)
    }
}

fn json_report(report: &Report) -> JsonReport<'_> {
    let checked = report.outcome.as_ref().ok();
    let count = |severity| checked.map_or(0, |checked| checked.count(severity));
    JsonReport {
        filename: &report.filename,
        unreadable: report.outcome.as_ref().err().map(|unreadable| unreadable.0.as_str()),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        findings: match checked {
            Some(checked) => checked.findings.iter().map(|finding| json_finding(finding, &checked.pieces)).collect(),
            None => Vec::new(),
        },
    }
}

fn json_finding<'a>(finding: &'a Finding, pieces: &'a [Piece]) -> JsonFinding<'a> {
    JsonFinding {
        severity: finding.severity.name(),
        rule: finding.rule.name(),
        message: &finding.message,
        why: finding.rule.why(),
        offset: finding.span.start,
        length: finding.span.len(),
        fields: hex::places(pieces, &finding.span)
            .into_iter()
            .map(|(structure, field)| JsonField { structure, field })
            .collect(),
    }
}

//! `nbft check`.

use super::findings::{Counts, counted, mark};
use super::hex;
use super::hex::Piece;
use crate::cli::{CheckArgs, Common, Format};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::tables::TableReader;
use crate::nvme::keys;
use crate::output::json::{Secrets, print_array};
use crate::output::{self, Mark, Screen, Text, print_each};
use libnbft::{Finding, Rule, Severity, Together};
use serde::Serialize;
use std::path::PathBuf;

/// The result for one file.
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
    let form =
        Form { several: tables.remaining() > 1, details: common.details(), hex: args.hex, screen: output::screen() };
    let files = files(&mut tables);
    let (exit, unreadable) = (tables.exit(), tables.unreadable);
    let mut worst = None;
    let reports = files.into_iter().map(report).chain(unreadable.into_iter().map(unreadable_report));
    let reports = reports.inspect(|report| {
        worst = worst.max(report.outcome.as_ref().ok().and_then(Checked::worst));
    });
    match args.output_format {
        Format::Text => print_each(reports.map(|report| text(&report, form)))?,
        Format::Json => print_array(reports.map(Ok), Secrets::Whole)?,
    }
    let complaints = keys::complaints(&common.path("/"));
    complaints.iter().for_each(|complaint| log::warn!("{complaint}"));
    let worst = worst.max((!complaints.is_empty()).then_some(Severity::Warning));
    let bound = if args.strict { Severity::Warning } else { Severity::Error };
    Ok(if worst.is_some_and(|worst| worst >= bound) { Exit::Failed } else { exit })
}

/// A file that was read, with the findings that concern it together with others.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
    together: Vec<Finding>,
}

/// Every file that can be read. Only the bytes are kept: a parsed table takes many times as much, so each is parsed again in its turn.
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

/// How a report is laid out.
#[derive(Debug, Clone, Copy)]
struct Form {
    /// There is more than one table, so that each needs its name.
    several: bool,
    /// Whether to show notes too, and why each rule matters.
    details: bool,
    /// Whether to show the bytes of each finding.
    hex: bool,
    screen: Screen,
}

impl Checked {
    fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The rules of this severity that are broken, in the order of the bytes.
    fn rules(&self, severity: Severity) -> Vec<Rule> {
        let mut rules = Vec::new();
        for finding in self.findings.iter().filter(|finding| finding.severity == severity) {
            if !rules.contains(&finding.rule) {
                rules.push(finding.rule);
            }
        }
        rules
    }
}

fn text(report: &Report, form: Form) -> Text {
    let mut text = Text::new();
    let name = &report.filename;
    let checked = match &report.outcome {
        Ok(checked) => checked,
        Err(reason) => {
            text.wrapped(form.screen, 2, format_args!("{name}: cannot be read: {}", reason.0));
            return text;
        }
    };
    if form.several {
        text.add(format_args!("{name}: "));
    }
    let counts = Counts::of(&checked.findings);
    if counts.is_empty() {
        text.mark(Some(Mark::Good), "no findings");
    }
    counts.write(&mut text);
    text.wrapped(form.screen, 2, "");
    let folded = if form.details { Vec::new() } else { checked.rules(Severity::Note) };
    let rules = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| checked.rules(severity));
    for rule in rules.into_iter().flatten().filter(|rule| !folded.contains(rule)) {
        text.end();
        group(&mut text, checked, rule, form);
    }
    if !folded.is_empty() {
        text.end();
        let notes = counted(counts.get(Severity::Note), "note");
        let names: Vec<_> = folded.iter().map(|rule| rule.name()).collect();
        text.wrapped(form.screen, 2, format_args!("{notes} (nbft check -v): {}", names.join(", ")));
    }
    text
}

/// The findings of one rule: why it matters, and each finding in a line.
fn group(text: &mut Text, checked: &Checked, rule: Rule, form: Form) {
    let findings: Vec<_> = checked.findings.iter().filter(|finding| finding.rule == rule).collect();
    let severity = rule.severity();
    text.mark(mark(severity), severity.name());
    text.line(match findings.len() {
        1 => format!(" {}", rule.name()),
        count => format!(" {} ({count})", rule.name()),
    });
    text.wrapped(form.screen, 2, format_args!("  {}", rule.why()));
    for finding in findings {
        text.wrapped(form.screen, 6, format_args!("  - {}", finding.message));
        if form.hex {
            let inner = Screen { width: form.screen.width.saturating_sub(4), ..form.screen };
            text.append(&hex::marked(&checked.bytes, &checked.pieces, &finding.span, inner), "    ");
        }
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
    let counts = checked.map(|checked| Counts::of(&checked.findings)).unwrap_or_default();
    JsonReport {
        filename: &report.filename,
        unreadable: report.outcome.as_ref().err().map(|unreadable| unreadable.0.as_str()),
        errors: counts.get(Severity::Error),
        warnings: counts.get(Severity::Warning),
        notes: counts.get(Severity::Note),
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

//! `nbft check`.

use crate::cli::{CheckArgs, Common, Format};
use crate::error::{Error, print};
use crate::exit::Exit;
use crate::hex::{self, Piece};
use crate::nvme::keys;
use crate::tables::Tables;
use crate::text::escape;
use libnbft::{Finding, Severity};
use serde::Serialize;
use std::fmt::Write;

/// What became of one file.
struct Report {
    filename: String,
    outcome: Result<Checked, String>,
}

/// A table that could be read, and what is wrong with it.
struct Checked {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    findings: Vec<Finding>,
}

/// Runs the command.
///
/// # Errors
///
/// When there is nothing to read at the path, or standard output cannot be written.
pub fn run(args: &CheckArgs, common: &Common) -> Result<Exit, Error> {
    let tables = Tables::read(common)?;
    let exit = tables.exit();
    let reports = reports(tables);
    match args.output_format {
        Format::Text => print(&reports.iter().map(text).collect::<Vec<_>>().join("\n"))?,
        Format::Json => print(&crate::text::json(&reports.iter().map(json_report).collect::<Vec<_>>())?)?,
    }
    let worst = reports.iter().filter_map(|report| report.outcome.as_ref().ok()).filter_map(Checked::worst).max();
    let complaints = keys::complaints(&common.path("/"));
    complaints.iter().for_each(|complaint| log::warn!("{}", escape(complaint)));
    let worst = worst.max((!complaints.is_empty()).then_some(Severity::Warning));
    let bound = if args.strict { Severity::Warning } else { Severity::Error };
    Ok(if worst.is_some_and(|worst| worst >= bound) { Exit::Failed } else { exit })
}

/// Every file in its order, those that could not be read at the end.
fn reports(tables: Tables) -> Vec<Report> {
    let mut findings: Vec<Vec<Finding>> = tables
        .tables
        .iter()
        .map(|read| read.parsed.as_ref().map_or(Vec::new(), |parsed| libnbft::check(parsed, &read.bytes)))
        .collect();
    for (n, finding) in together(&tables) {
        findings[n].push(finding);
    }
    let unreadable = tables
        .unreadable
        .into_iter()
        .map(|(path, reason)| Report { filename: path.display().to_string(), outcome: Err(reason) });
    let read = tables.tables.into_iter().zip(findings).map(|(read, findings)| Report {
        filename: read.path.display().to_string(),
        outcome: match read.parsed {
            Ok(_) => Ok(Checked { pieces: hex::pieces(&read.bytes), bytes: read.bytes, findings }),
            Err(error) => Err(error.to_string()),
        },
    });
    read.chain(unreadable).collect()
}

/// What is wrong between the tables: the number of the table in `tables` and the finding.
fn together(tables: &Tables) -> Vec<(usize, Finding)> {
    let readable: Vec<_> = tables
        .tables
        .iter()
        .enumerate()
        .filter_map(|(n, read)| Some((n, read.parsed.as_ref().ok()?, read.bytes.as_slice())))
        .collect();
    let sources: Vec<_> = readable.iter().map(|(_, parsed, bytes)| (*parsed, *bytes)).collect();
    libnbft::check_together(&sources).into_iter().map(|(n, finding)| (readable[n].0, finding)).collect()
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

fn text(report: &Report) -> String {
    let name = escape(&report.filename);
    let checked = match &report.outcome {
        Ok(checked) => checked,
        Err(reason) => return format!("{name}: cannot be read: {}\n", escape(reason)),
    };
    if checked.findings.is_empty() {
        return format!("{name}: no findings\n");
    }
    let counts = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| counted(checked.count(severity), severity.name()));
    let mut text = format!("{name}: {}\n\n", counts.join(", "));
    table(&mut text, &checked.findings);
    for finding in &checked.findings {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{}: {}: {}", finding.severity, finding.rule, escape(&finding.message));
        let _ = writeln!(text, "  {}", finding.rule.why());
        for line in hex::marked(&checked.bytes, &checked.pieces, &finding.span).lines() {
            let _ = writeln!(text, "{}{line}", if line.is_empty() { "" } else { "  " });
        }
    }
    text
}

/// One line for each finding.
fn table(text: &mut String, findings: &[Finding]) {
    let bytes = |finding: &Finding| format!("{:04x}-{:04x}", finding.span.start, finding.span.end - 1);
    let width = |column: &dyn Fn(&Finding) -> usize| findings.iter().map(column).max().unwrap_or(0);
    let rule = width(&|finding| finding.rule.name().len());
    let span = width(&|finding| bytes(finding).len());
    let _ = writeln!(text, "{:8} {:rule$} {:span$} Finding", "Severity", "Rule", "Bytes");
    for finding in findings {
        let (severity, name) = (finding.severity.name(), finding.rule.name());
        let _ = writeln!(text, "{severity:8} {name:rule$} {:span$} {}", bytes(finding), escape(&finding.message));
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

fn json_report(report: &Report) -> JsonReport<'_> {
    let checked = report.outcome.as_ref().ok();
    let count = |severity| checked.map_or(0, |checked| checked.count(severity));
    JsonReport {
        filename: &report.filename,
        unreadable: report.outcome.as_ref().err().map(String::as_str),
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

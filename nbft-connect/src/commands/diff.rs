//! `nbft diff`: compares two tables field by field.

use super::hex::{self, Piece};
use crate::cli::{Common, DiffArgs, Format};
use crate::error::{Error, UsageError};
use crate::exit::Exit;
use crate::input::tables::{TableBytes, TableReader};
use crate::output::json::{self, Secrets};
use crate::output::{self, Screen, Text, print};
use libnbft::text::Hex;
use serde::{Serialize, Serializer};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// A field is looked up by its structure, its name, and its number among those of one name.
type Key = (String, String, usize);

/// A field that differs, or that one of the tables lacks.
#[derive(Debug, Serialize)]
struct Difference {
    structure: String,
    field: String,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    old: Option<Side>,
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    new: Option<Side>,
}

/// A field in one of the tables.
#[derive(Debug, Serialize)]
struct Side {
    offset: usize,
    #[serde(serialize_with = "hex_digits")]
    bytes: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// One of the tables.
#[derive(Debug, Serialize)]
struct File {
    filename: String,
    length: usize,
}

/// What `diff -o json` prints.
#[derive(Debug, Serialize)]
struct Report {
    #[serde(rename = "a")]
    old: File,
    #[serde(rename = "b")]
    new: File,
    differences: Vec<Difference>,
}

/// Runs the command.
///
/// # Errors
///
/// When a table cannot be read, or standard output cannot be written.
pub fn run(args: &DiffArgs, common: &Common) -> Result<Exit, Error> {
    let (old, new) = (read(&args.old, common)?, read(&args.new, common)?);
    let report = Report { differences: differences(&old.bytes, &new.bytes), old: file(&old), new: file(&new) };
    match args.output_format {
        Format::Text => print(&text(&report, common.verbose > 0, output::screen()))?,
        Format::Json => json::print(&report, Secrets::Whole)?,
    }
    Ok(if report.differences.is_empty() { Exit::Ok } else { Exit::Failed })
}

/// The one table at `path`.
fn read(path: &Path, common: &Common) -> Result<TableBytes, Error> {
    let mut tables = TableReader::find(&common.with_file(Some(&path.to_path_buf())))?;
    let table = tables.next();
    let count = usize::from(table.is_some()) + tables.by_ref().count() + tables.unreadable.len();
    match table {
        Some(table) if count == 1 => Ok(table),
        _ => Err(UsageError::NotOneTable { path: path.to_path_buf(), count }.into()),
    }
}

fn file(table: &TableBytes) -> File {
    File { filename: table.path.display().to_string(), length: table.bytes.len() }
}

/// The fields that differ: structure by structure in the order of the first table, then those that only the second has.
fn differences(old: &[u8], new: &[u8]) -> Vec<Difference> {
    let (old_fields, new_fields) = (keyed(old), keyed(new));
    let find: HashMap<&Key, &Piece> = new_fields.iter().map(|(key, piece)| (key, piece)).collect();
    let known: HashSet<&Key> = old_fields.iter().map(|(key, _)| key).collect();
    let order = structures(&old_fields, &new_fields);
    let mut found = Vec::new();
    for (key, piece) in &old_fields {
        let other = find.get(key);
        if other.is_none_or(|other| old[piece.span.clone()] != new[other.span.clone()]) {
            found.push((order[&key.0], difference(key, Some((piece, old)), other.map(|other| (*other, new)))));
        }
    }
    for (key, piece) in new_fields.iter().filter(|(key, _)| !known.contains(key)) {
        found.push((order[&key.0], difference(key, None, Some((piece, new)))));
    }
    // The sort is stable: within a structure, the order of the bytes stays.
    found.sort_by_key(|(structure, _)| *structure);
    found.into_iter().map(|(_, difference)| difference).collect()
}

fn keyed(bytes: &[u8]) -> Vec<(Key, Piece)> {
    let mut numbers: HashMap<(String, String), usize> = HashMap::new();
    let key = |piece: Piece| {
        let name = (piece.structure.clone(), piece.field.clone());
        let number = numbers.entry(name.clone()).or_default();
        *number += 1;
        ((name.0, name.1, *number), piece)
    };
    hex::pieces(bytes).into_iter().map(key).collect()
}

/// The place of each structure in the report.
fn structures(old: &[(Key, Piece)], new: &[(Key, Piece)]) -> HashMap<String, usize> {
    let mut order = HashMap::new();
    for ((structure, _, _), _) in old.iter().chain(new) {
        let next = order.len();
        order.entry(structure.clone()).or_insert(next);
    }
    order
}

fn difference(key: &Key, old: Option<(&Piece, &[u8])>, new: Option<(&Piece, &[u8])>) -> Difference {
    let side = |(piece, bytes): (&Piece, &[u8])| Side {
        offset: piece.span.start,
        bytes: bytes[piece.span.clone()].to_vec(),
        value: piece.value.clone(),
    };
    Difference { structure: key.0.clone(), field: key.1.clone(), old: old.map(side), new: new.map(side) }
}

fn hex_digits<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Hex::new(bytes))
}

impl Difference {
    /// Whether both tables have this reference and only lead to another place. What lies there is compared on its own.
    fn is_moved_reference(&self) -> bool {
        self.field.ends_with(" reference") && self.old.is_some() && self.new.is_some()
    }
}

fn text(report: &Report, all: bool, screen: Screen) -> Text {
    let mut text = Text::new();
    if report.differences.is_empty() {
        text.line("no difference");
        return text;
    }
    for (sign, file) in [("-", &report.old), ("+", &report.new)] {
        text.line(format_args!("{sign} {}: {} bytes", file.filename, file.length));
    }
    let shown = |difference: &&Difference| all || !difference.is_moved_reference();
    let mut structure = None;
    for difference in report.differences.iter().filter(shown) {
        if structure != Some(&difference.structure) {
            structure = Some(&difference.structure);
            text.end();
            text.line(if difference.structure.is_empty() { "outside of any structure" } else { &difference.structure });
        }
        text.line(format_args!("  {}", difference.field));
        for (sign, side) in [("-", &difference.old), ("+", &difference.new)] {
            match side {
                Some(side) => show_side(&mut text, sign, side, screen),
                None => text.line(format_args!("  {sign} not in this table")),
            }
        }
    }
    let hidden = report.differences.iter().filter(|difference| !shown(difference)).count();
    if hidden > 0 {
        text.end();
        text.line(format_args!("{hidden} references lead to other offsets (-v shows them)"));
    }
    text
}

fn show_side(text: &mut Text, sign: &str, side: &Side, screen: Screen) {
    if let Some(value) = &side.value {
        text.wrapped_whole(screen, 4, format_args!("  {sign} {value}"));
    }
    let sign = if side.value.is_some() { " " } else { sign };
    let mut bytes = Text::new();
    hex::add_rows(&mut bytes, &side.bytes, side.offset, screen);
    text.append(&bytes, &format!("  {sign}"));
}

//! Prints what the tables say, as text or JSON.

pub(crate) mod advice;
mod names;
mod redact;
mod section;
mod text;

use super::hex;
use crate::cli::{Common, Format, ShowArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::tables::{TableBytes, TableReader};
use crate::output::json::Secrets;
use crate::output::{self, Text, print, print_bytes};
use libnbft::json;
use libnbft::model::Table;
use redact::Redactor;
use std::path::Path;

/// Which parts of a table are asked for.
#[derive(Debug, Clone, Copy)]
struct Parts {
    subsystems: bool,
    hfis: bool,
    discovery: bool,
    /// Everything that has no option of its own.
    rest: bool,
}

impl Parts {
    /// As nvme-cli has it: no option means everything.
    fn new(args: &ShowArgs) -> Self {
        let all = !(args.subsystem || args.hfi || args.discovery);
        Self { subsystems: all || args.subsystem, hfis: all || args.hfi, discovery: all || args.discovery, rest: all }
    }
}

/// A table as it is shown.
struct Shown {
    name: String,
    /// The bytes; those of the table as it would be written anew, if it was redacted.
    bytes: Vec<u8>,
    /// What they say; `None` if nothing can be read from them.
    table: Option<Table>,
}

/// Runs the command.
///
/// # Errors
///
/// When there is nothing to read at the path, or standard output cannot be written.
pub fn run(args: &ShowArgs, common: &Common) -> Result<Exit, Error> {
    let mut tables = TableReader::find(common)?;
    if args.redact {
        let read: Vec<_> = tables.by_ref().collect();
        show(redacted(&read)?.into_iter(), args)?;
    } else {
        show(tables.by_ref().map(as_read), args)?;
    }
    Ok(tables.exit_of_show())
}

/// Shows one after the other; the text of each is gone before the next is read.
fn show(tables: impl Iterator<Item = Shown>, args: &ShowArgs) -> Result<(), Error> {
    let parts = Parts::new(args);
    match args.output_format {
        Format::Json => {
            output::json::print_array(tables.filter_map(|table| json_table(&table, parts)).map(Ok), Secrets::Whole)
        }
        Format::Text if args.hex => separated(tables.map(|table| dump(&table, args.redact))),
        Format::Text => separated(tables.filter_map(|table| text(&table, parts))),
    }
}

fn as_read(read: TableBytes) -> Shown {
    let table = read.parsed().ok().map(|parsed| parsed.table);
    Shown { name: read.path.display().to_string(), bytes: read.bytes, table }
}

/// The tables that can be read, redacted together. The path may name a user, so that only the file's name stays.
fn redacted(tables: &[TableBytes]) -> Result<Vec<Shown>, Error> {
    let readable: Vec<_> = tables.iter().filter_map(|read| Some((read, read.parsed().ok()?.table))).collect();
    let mut redactor = Redactor::new(readable.iter().map(|(_, table)| table));
    let mut shown = Vec::new();
    for (read, table) in &readable {
        let name = read.path.file_name().map_or_else(String::new, |name| Path::new(name).display().to_string());
        let table = redactor.table(table);
        let bytes = libnbft::write(&table).map_err(|error| Error::input(format!("{name}, redacted"), error))?;
        shown.push(Shown { name, bytes, table: Some(table) });
    }
    Ok(shown)
}

/// Prints texts one after another with an empty line between them.
fn separated(texts: impl Iterator<Item = Text>) -> Result<(), Error> {
    for (n, text) in texts.enumerate() {
        if n > 0 {
            print_bytes(b"\n")?;
        }
        print(&text)?;
    }
    Ok(())
}

fn text(shown: &Shown, parts: Parts) -> Option<Text> {
    let table = shown.table.as_ref()?;
    let mut text = Text::new();
    text.line(format_args!("{}:", shown.name));
    for section in text::sections(table, text::Computed::new(&shown.bytes), parts) {
        text.end();
        section.render(&mut text);
    }
    Some(text)
}

fn dump(shown: &Shown, redacted: bool) -> Text {
    let mut text = Text::new();
    text.line(format_args!("{}: {} bytes", shown.name, shown.bytes.len()));
    if redacted {
        // A redacted string has another length: what lay where is lost, and must not be taken for the firmware's doing.
        text.line("(written anew from what was redacted: lengths and offsets are not those of the firmware's table)");
    }
    text.end();
    text.append(&hex::dump(&shown.bytes), "");
    text
}

fn json_table(shown: &Shown, parts: Parts) -> Option<json::Table> {
    let mut table = json::Table::from(shown.table.as_ref()?);
    table.filename = Some(shown.name.clone());
    if let Some(header) = &mut table.header {
        header.add_computed(&shown.bytes);
    }
    if !parts.rest {
        table.header = None;
        table.control = None;
        table.security = None;
    }
    table.subsystem = table.subsystem.filter(|_| parts.subsystems);
    table.hfi = table.hfi.filter(|_| parts.hfis);
    table.discovery = table.discovery.filter(|_| parts.discovery);
    Some(table)
}

#[cfg(test)]
mod tests;

//! Prints what the tables say, as text or JSON.

pub(crate) mod advice;
mod compact;
mod names;
mod redact;
mod section;
mod text;

use super::findings::Counts;
use super::hex;
use crate::cli::{Common, Format, ShowArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::tables::{TableBytes, TableReader};
use crate::output::json::Secrets;
use crate::output::{self, Mark, Screen, Text, print, print_each};
use libnbft::model::Table;
use libnbft::{Together, json};
use redact::Redactor;
use std::path::Path;

/// The parts of a table to show.
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
    let form = Form {
        parts: Parts::new(args),
        details: common.details(),
        several: tables.remaining() > 1,
        screen: output::screen(),
    };
    let mut tally = Tally::default();
    let is_counted = args.output_format == Format::Text && !args.hex && form.parts.rest && !form.details;
    let read = tables.by_ref().inspect(|read| {
        if is_counted {
            tally.add(read)
        }
    });
    if args.redact {
        let read: Vec<_> = read.collect();
        show(redacted(&read)?.into_iter(), args, form)?;
    } else {
        show(read.map(as_read), args, form)?;
    }
    if is_counted && tally.usable > 0 {
        print(&tally.text())?;
    }
    Ok(tables.exit_of_show())
}

/// How the text of a table is laid out.
#[derive(Debug, Clone, Copy)]
struct Form {
    parts: Parts,
    /// Every field, in lists.
    details: bool,
    /// There is more than one table, so that each needs its name.
    several: bool,
    screen: Screen,
}

/// What `nbft check` would find in the tables that are shown.
#[derive(Default)]
struct Tally {
    counts: Counts,
    together: Together,
    usable: usize,
}

impl Tally {
    fn add(&mut self, read: &TableBytes) {
        let Ok(parsed) = read.parsed() else { return };
        self.usable += 1;
        self.counts.add(Counts::of(&parsed.check()));
        self.together.add(&parsed);
    }

    fn text(mut self) -> Text {
        self.counts.add(Counts::of(self.together.findings().iter().map(|(_, finding)| finding)));
        let mut text = Text::new();
        text.add("Findings: ");
        self.counts.write(&mut text);
        if self.counts.is_empty() {
            text.mark(Some(Mark::Good), "none");
        }
        text.line(if self.counts.is_empty() { "" } else { " (nbft check)" });
        text
    }
}

/// Shows the tables one by one; drops the text of each before it reads the next.
fn show(tables: impl Iterator<Item = Shown>, args: &ShowArgs, form: Form) -> Result<(), Error> {
    match args.output_format {
        Format::Json => {
            output::json::print_array(tables.filter_map(|table| json_table(&table, form.parts)).map(Ok), Secrets::Whole)
        }
        Format::Text if args.hex => print_each(tables.map(|table| dump(&table, args.redact, form.screen))),
        Format::Text => print_each(tables.filter_map(|table| text(&table, form))),
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

fn text(shown: &Shown, form: Form) -> Option<Text> {
    let table = shown.table.as_ref()?;
    let mut text = Text::new();
    if !form.details {
        let mut tables = Text::new();
        compact::render(&mut tables, table, form.parts, form.screen);
        if form.several {
            text.wrapped(form.screen, 2, format_args!("{}:", shown.name));
        }
        text.append(&tables, "");
        return Some(text);
    }
    text.wrapped_whole(form.screen, 2, format_args!("{}:", shown.name));
    for section in text::sections(table, text::Computed::new(&shown.bytes), form.parts) {
        text.end();
        section.render(&mut text, form.screen);
    }
    Some(text)
}

fn dump(shown: &Shown, redacted: bool, screen: Screen) -> Text {
    let mut text = Text::new();
    text.wrapped_whole(screen, 2, format_args!("{}: {} bytes", shown.name, shown.bytes.len()));
    if redacted {
        // Redacted strings have other lengths: the original layout is lost, and the new one must not be taken for firmware's.
        text.wrapped(
            screen,
            1,
            "(written anew from what was redacted: lengths and offsets are not those of the firmware's table)",
        );
    }
    text.end();
    text.append(&hex::dump(&shown.bytes, screen), "");
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

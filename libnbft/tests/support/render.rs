//! Shows model, findings, fields and JSON form of a table as text.

use libnbft::{Finding, Parsed, check_together, json, parse};
use std::fmt::Write as _;

/// The model of a table, its findings, and its bytes by name.
pub(crate) fn table(bytes: &[u8]) -> String {
    let parsed = parse(bytes).expect("the table can be read");
    format!("{:#?}\n\n{}\n{}", parsed.table, findings(&[bytes.to_vec()]), fields(&parsed))
}

/// The JSON form, as `nbft show -o json` has it, but without the name of a file.
pub(crate) fn json(bytes: &[u8]) -> String {
    let mut json = json::Table::from(&parse(bytes).expect("the table can be read").table);
    json.header.as_mut().expect("each table has one").add_computed(bytes);
    serde_json::to_string_pretty(&json).expect("every model has a JSON form") + "\n"
}

fn fields(parsed: &Parsed<'_>) -> String {
    let mut text = String::new();
    for field in parsed.fields() {
        let value = field.value.as_deref().unwrap_or("-");
        let (start, length) = (field.span.start, field.span.len());
        writeln!(text, "{start:#06x} {length:4} {}: {}: {value}", field.structure, field.field)
            .expect("a string takes anything");
    }
    text
}

/// Every finding of these tables of one machine, with the fields that it marks and why it matters.
pub(crate) fn findings(tables: &[Vec<u8>]) -> String {
    let parsed: Vec<_> = tables.iter().map(|bytes| parse(bytes).expect("the table can be read")).collect();
    let together = check_together(&parsed.iter().collect::<Vec<_>>());
    let mut text = String::new();
    for (number, parsed) in parsed.iter().enumerate() {
        let own = parsed.check();
        let between = together.iter().filter(|(table, _)| *table == number).map(|(_, finding)| finding);
        for finding in own.iter().chain(between) {
            if tables.len() > 1 {
                write!(text, "NBFT{}: ", number + 1).expect("a string takes anything");
            }
            text += &one(finding, parsed);
        }
    }
    if text.is_empty() { "no findings\n".into() } else { text }
}

fn one(finding: &Finding, parsed: &Parsed<'_>) -> String {
    let mut text = format!("{finding}\n");
    for field in parsed.fields() {
        if field.span.start < finding.span.end && finding.span.start < field.span.end {
            let value = field.value.as_deref().unwrap_or("-");
            writeln!(text, "    {}: {}: {value}", field.structure, field.field).expect("a string takes anything");
        }
    }
    text + &format!("    {}\n", finding.rule.why())
}

//! Tests that every field of a table is shown, and that damaged tables are shown, dumped, redacted and checked without a panic.

use super::redact::Redactor;
use super::{Form, Parts, Shown, dump, json_table, text};
use crate::commands::hex;
use crate::output::Screen;
use libnbft::model::Table;
use serde_json::Value;
use std::path::{Path, PathBuf};

const EVERYTHING: Parts = Parts { subsystems: true, hfis: true, discovery: true, rest: true };
const SCREEN: Screen = Screen::plain(80);

fn testdata(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(folder)
}

/// The places of all values of a model; of a list of numbers, that of the first.
fn places(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| places(value, format!("{place}/{name}"), found));
        }
        Value::Array(values) => {
            let all = values.iter().enumerate().filter(|(n, value)| *n == 0 || value.is_object());
            all.for_each(|(n, value)| places(value, format!("{place}/{n}"), found));
        }
        _ => found.push(place),
    }
}

/// Another value of the same form: texts may be addresses or UUIDs.
fn other(value: &Value) -> Value {
    match value {
        Value::Number(number) => (number.as_u64().unwrap() ^ 1).into(),
        Value::String(text) => {
            let mut text = text.clone();
            let last = if text.pop() == Some('1') { '2' } else { '1' };
            text.push(last);
            text.into()
        }
        _ => panic!("no value of a model is {value}"),
    }
}

#[test]
fn every_field_is_in_the_text() {
    let bytes = std::fs::read(testdata("whole/whole.nbft")).unwrap();
    let model = libnbft::parse(&bytes).unwrap().table;
    let said = |table: Table| {
        let shown = Shown { name: "NBFT".into(), table: Some(table), bytes: bytes.clone() };
        text(&shown, Form { parts: EVERYTHING, details: true, several: false, screen: SCREEN }).unwrap().plain()
    };
    let value = serde_json::to_value(&model).unwrap();
    let whole = said(model);
    let mut all = Vec::new();
    places(&value, String::new(), &mut all);
    let is_missed = |place: &String| {
        let mut value = value.clone();
        let field = value.pointer_mut(place).unwrap();
        *field = other(field);
        said(serde_json::from_value(value).unwrap()) == whole
    };
    let missed: Vec<_> = all.iter().filter(|place| is_missed(place)).collect();
    assert!(missed.is_empty(), "show -v says nothing of {missed:?}");
}

/// Treats `bytes` as the commands do; returns whether anything could be read, and whether it could be written redacted.
fn survive(bytes: Vec<u8>) -> (bool, bool) {
    let parsed = libnbft::parse(&bytes);
    let pieces = hex::pieces(&bytes);
    let mut covered = 0;
    for piece in &pieces {
        assert!(piece.span.start <= covered, "bytes {covered:#x}..{:#x} are passed over", piece.span.start);
        covered = covered.max(piece.span.end);
    }
    assert_eq!(covered, bytes.len());
    let findings = parsed.as_ref().map_or(Vec::new(), |parsed| parsed.check());
    for finding in findings {
        assert!(hex::marked(&bytes, &pieces, &finding.span, SCREEN).plain().contains("^^"), "{finding}");
    }
    let mut shown = Shown { name: "NBFT".into(), table: parsed.ok().map(|parsed| parsed.table), bytes };
    assert!(!dump(&shown, false, SCREEN).is_empty());
    let Some(table) = &shown.table else { return (false, false) };
    let json = json_table(&shown, EVERYTHING).unwrap();
    assert_eq!(libnbft::model::Table::try_from(&json).as_ref(), Ok(table));
    let redacted = Redactor::new([table]).table(table);
    assert_eq!(Redactor::new([table]).table(table), redacted);
    let written = libnbft::write(&redacted).is_ok();
    shown.table = Some(redacted);
    for details in [true, false] {
        let form = Form { parts: EVERYTHING, details, several: true, screen: SCREEN };
        let text = text(&shown, form).unwrap().plain();
        assert!(text.len() > if details { 100 } else { 10 }, "{text}");
    }
    (true, written)
}

#[test]
fn no_damage_makes_a_command_panic() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % below
    };
    let (mut read, mut written, mut rounds) = (0, 0, 0);
    for path in std::fs::read_dir(testdata("tables")).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "nbft") {
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..=random(6) {
                let at = random(bytes.len());
                bytes[at] = random(256) as u8;
            }
            if random(8) == 0 {
                bytes.truncate(random(bytes.len() + 1));
            }
            let (was_read, was_written) = survive(bytes);
            rounds += 1;
            read += usize::from(was_read);
            written += usize::from(was_written);
        }
    }
    // Most damage leaves something to read; if it did not, nothing would have been tried here.
    assert!(read * 10 > rounds * 7, "{read} of {rounds} could be read");
    assert_eq!(written, read, "what can be read can be written, redacted");
}

//! Shows bytes with their meaning beside them.

use crate::output::{Mark, Part, Screen, Text};
use libnbft::text::Hex;
use std::fmt::Write;
use std::ops::Range;

/// Bytes in a row.
const ROW: usize = 16;
/// Width of a row's hex digits.
const DIGITS: usize = 3 * ROW - 1;
/// More zero bytes than this that belong to no structure are not listed.
const ZEROS: usize = 2 * ROW;
/// Rows of one finding.
const MARKED_ROWS: usize = 8;

/// A stretch of bytes and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) span: Range<usize>,
    /// The structure that it belongs to; empty where no structure leads.
    pub(crate) structure: String,
    pub(crate) field: String,
    pub(crate) value: Option<String>,
}

impl Piece {
    /// The part of the table that it belongs to. An object of the heap belongs to the structure that leads to it.
    fn part(&self) -> Option<Part> {
        let kind = self.structure.split(' ').next().unwrap_or_default();
        PARTS.iter().find(|(_, kinds, _)| kinds.contains(&kind)).map(|(part, ..)| *part)
    }
}

/// The parts of a table, the first words of their structures, and what the legend calls them.
const PARTS: [(Part, &[&str], &str); 7] = [
    (Part::Header, &["header", "control"], "header"),
    (Part::Host, &["host"], "host"),
    (Part::Hfi, &["HFI"], "HFI"),
    (Part::Ssns, &["SSNS"], "SSNS"),
    (Part::Security, &["security"], "security"),
    (Part::Discovery, &["discovery"], "discovery"),
    (Part::Unused, &[""], "no structure"),
];

/// Everything from the first byte to the last: the fields of the layout, and what lies between them.
pub(crate) fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for field in libnbft::parse(bytes).map(|parsed| parsed.fields()).unwrap_or_default() {
        if field.span.start > end {
            pieces.push(gap(bytes, end..field.span.start, pieces.last()));
        }
        end = end.max(field.span.end);
        let field_name = field.field.to_owned();
        pieces.push(Piece { span: field.span, structure: field.structure, field: field_name, value: field.value });
    }
    if end < bytes.len() {
        pieces.push(gap(bytes, end..bytes.len(), pieces.last()));
    }
    pieces
}

/// Bytes that no field covers. One zero byte behind a field is the NUL that ends its string and is not counted by its length.
fn gap(bytes: &[u8], span: Range<usize>, before: Option<&Piece>) -> Piece {
    let before = before.filter(|before| before.span.end == span.start && bytes[span.clone()] == [0]);
    let (structure, field) = match before {
        Some(before) => (before.structure.clone(), "NUL behind it"),
        None => (String::new(), "no structure leads here"),
    };
    Piece { span, structure, field: field.into(), value: None }
}

/// The whole of `bytes`, annotated; with colours, each part of the table in its own.
pub(crate) fn dump(bytes: &[u8], screen: Screen) -> Text {
    let mut text = Text::new();
    let mut structure = None;
    let pieces = pieces(bytes);
    if screen.color {
        legend(&mut text, &pieces);
    }
    for piece in pieces {
        let mark = piece.part().map(Mark::Part);
        heading(&mut text, &mut structure, &piece, mark);
        let unused = piece.structure.is_empty() && piece.span.len() > ZEROS;
        if unused && bytes[piece.span.clone()].iter().all(|byte| *byte == 0) {
            let (start, length) = (piece.span.start, piece.span.len());
            text.line(format_args!("  {start:04x}  ({length} zero bytes: {})", piece.field));
            continue;
        }
        for (n, row) in rows(piece.span.clone()).enumerate() {
            line(&mut text, &bytes[row.clone()], row.start, (n == 0).then_some(&piece), mark, screen);
        }
    }
    text
}

/// The fields that `marked` touches, with `^^` under its bytes; at most `MARKED_ROWS` rows.
pub(crate) fn marked(bytes: &[u8], pieces: &[Piece], marked: &Range<usize>, screen: Screen) -> Text {
    let mut text = Text::new();
    let mut structure = None;
    let mut shown = 0;
    let mut hidden = 0;
    for piece in pieces.iter().filter(|piece| overlap(&piece.span, marked).is_some()) {
        let mut first = true;
        for row in rows(piece.span.clone()) {
            let Some(under) = overlap(&row, marked) else { continue };
            if shown == MARKED_ROWS {
                hidden += under.len();
                continue;
            }
            shown += 1;
            if first {
                heading(&mut text, &mut structure, piece, None);
            }
            line(&mut text, &bytes[row.clone()], row.start, first.then_some(piece), None, screen);
            first = false;
            let indent = " ".repeat(2 + offset_width(row.start) + 2 + 3 * (under.start - row.start));
            text.line(format_args!("{indent}{}", vec!["^^"; under.len()].join(" ")));
        }
    }
    if hidden > 0 {
        text.line(format_args!("  … and {hidden} more bytes"));
    }
    text
}

/// What `marked` touches, in words: structure and field of each, without repetitions.
pub(crate) fn places<'a>(pieces: &'a [Piece], marked: &Range<usize>) -> Vec<(&'a str, &'a str)> {
    let touched = pieces.iter().filter(|piece| overlap(&piece.span, marked).is_some());
    let mut places: Vec<_> = touched.map(|piece| (piece.structure.as_str(), piece.field.as_str())).collect();
    places.dedup();
    places
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> Option<Range<usize>> {
    let both = one.start.max(other.start)..one.end.min(other.end);
    (!both.is_empty()).then_some(both)
}

fn rows(span: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = span.end;
    span.step_by(ROW).map(move |start| start..end.min(start + ROW))
}

/// The parts that the table has, each in its colour.
fn legend(text: &mut Text, pieces: &[Piece]) {
    text.add("Colours:");
    for (part, _, name) in PARTS.iter().filter(|(part, ..)| pieces.iter().any(|piece| piece.part() == Some(*part))) {
        text.add("  ");
        text.mark(Some(Mark::Part(*part)), name);
    }
    text.end();
    text.end();
}

fn heading(text: &mut Text, current: &mut Option<String>, piece: &Piece, mark: Option<Mark>) {
    if current.as_ref() != Some(&piece.structure) {
        if current.is_some() {
            text.end();
        }
        if !piece.structure.is_empty() {
            text.mark(mark, &piece.structure);
            text.end();
        }
        *current = Some(piece.structure.clone());
    }
}

/// Columns of an offset: four digits, and more beyond 64 KiB.
fn offset_width(offset: usize) -> usize {
    format!("{offset:04x}").len()
}

/// Adds rows with bytes that lie at `offset` of a table.
pub(crate) fn add_rows(text: &mut Text, bytes: &[u8], offset: usize, screen: Screen) {
    for (n, row) in bytes.chunks(ROW).enumerate() {
        line(text, row, offset + n * ROW, None, None, screen);
    }
}

/// A row of bytes, which lie at `offset`; the field that begins there stands behind it, or on a narrow screen above it.
fn line(text: &mut Text, bytes: &[u8], offset: usize, piece: Option<&Piece>, mark: Option<Mark>, screen: Screen) {
    let digits = Hex::separated(bytes, " ").to_string();
    let visible = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    let characters: String = bytes.iter().map(visible).collect();
    let offset = format!("  {offset:04x}  ");
    let row = format!("{offset}{digits:DIGITS$}  {characters:ROW$}");
    let whole = |text: &mut Text, row: &str, field: &str| {
        let (offset, behind) = (&row[..offset.len()], &row[offset.len() + digits.len()..]);
        text.add(offset);
        text.mark(mark, &digits);
        text.line(format_args!("{behind}{field}"));
    };
    let Some(piece) = piece else { return whole(text, row.trim_end(), "") };
    let mut field = piece.field.clone();
    if let Some(value) = &piece.value {
        // Writing to a String cannot fail.
        let _ = write!(field, " = {value}");
    }
    if row.len() + 2 + field.len() <= screen.width {
        return whole(text, &row, &format!("  {field}"));
    }
    text.wrapped_whole(screen, offset.len() + 2, format_args!("{:1$}{field}", "", offset.len()));
    whole(text, row.trim_end(), "");
}

#[cfg(test)]
mod tests {
    use super::{Piece, marked};
    use crate::output::Screen;

    const WIDE: Screen = Screen::plain(120);

    fn piece(span: std::ops::Range<usize>, structure: &str, field: &str, value: Option<&str>) -> Piece {
        Piece { span, structure: structure.into(), field: field.into(), value: value.map(Into::into) }
    }

    #[test]
    fn only_rows_with_marked_bytes_are_shown_and_each_structure_is_named_once() {
        let bytes: Vec<u8> = (0x30..0x60).collect();
        let pieces = [
            piece(0..4, "header", "signature", Some("a\nb")),
            piece(4..40, "header", "name", None),
            piece(40..48, "", "no structure leads here", None),
        ];
        assert_eq!(
            marked(&bytes, &pieces, &(2..6), WIDE).plain(),
            "\
header
  0000  30 31 32 33                                      0123              signature = a\\nb
              ^^ ^^
  0004  34 35 36 37 38 39 3a 3b 3c 3d 3e 3f 40 41 42 43  456789:;<=>?@ABC  name
        ^^ ^^
"
        );
        assert_eq!(
            marked(&bytes, &pieces, &(38..41), WIDE).plain(),
            "\
header
  0024  54 55 56 57                                      TUVW              name
              ^^ ^^

  0028  58 59 5a 5b 5c 5d 5e 5f                          XYZ[\\]^_          no structure leads here
        ^^
"
        );
    }

    #[test]
    fn a_long_stretch_is_cut_short() {
        let bytes = vec![0; 0x200];
        let pieces = [piece(0..0x200, "heap", "object", None)];
        let text = marked(&bytes, &pieces, &(0..0x200), WIDE).plain();
        assert_eq!(text.lines().count(), 1 + 2 * 8 + 1);
        assert!(text.ends_with("  … and 384 more bytes\n"), "{text}");
    }
}

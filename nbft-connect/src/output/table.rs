//! Tables for people: as wide as what is in them, and no wider than the screen.
//!
//! An empty column is not shown. If the screen is too narrow, columns of text are wrapped between words. Then dispensable columns are left
//! out, then long words are shortened. If all that is not enough, each row becomes a list.

use super::wrap::{drawable, shorten};
use super::{Mark, Screen, Text, line};
use comfy_table::{ColumnConstraint, ContentArrangement, Width, presets};
use std::fmt::Display;
use unicode_width::UnicodeWidthStr;

/// What a column gives up on a narrow screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Nothing.
    Whole,
    /// Its width: its text is wrapped between words.
    Wrapped,
    /// Itself: another view has it.
    Missed,
}

/// A table that is put together row by row.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(&'static str, Fit)>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
enum Row {
    Cells(Vec<Cell>),
    /// A line over the rows that follow.
    Group(String),
}

/// The text of one cell, escaped.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    mark: Option<Mark>,
}

impl Cell {
    /// A cell with this text.
    #[must_use]
    pub fn new(text: impl Display) -> Self {
        Self { text: line(&text.to_string()), mark: None }
    }

    /// A cell with this text, or an empty one.
    #[must_use]
    pub fn some(text: Option<impl Display>) -> Self {
        text.map(Self::new).unwrap_or_default()
    }

    /// A state or a severity.
    #[must_use]
    pub fn state(text: impl Display, mark: Option<Mark>) -> Self {
        Self { mark, ..Self::new(text) }
    }
}

/// Columns between two columns.
const GAP: usize = 2;
/// A column of text is not made narrower than this before others are left out.
const WRAP: usize = 24;
/// A word is not shortened to less.
const WORD: usize = 12;

impl Table {
    /// A table with these columns and no row.
    #[must_use]
    pub fn new(columns: &[(&'static str, Fit)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; cells that are not given are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut cells: Vec<_> = cells.into_iter().collect();
        cells.resize(self.columns.len(), Cell::default());
        self.rows.push(Row::Cells(cells));
    }

    /// Adds a line over the rows that follow, which stand behind an indent then.
    pub fn group(&mut self, title: impl Display) {
        self.rows.push(Row::Group(line(&title.to_string())));
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds the table to a text, behind `indent` blanks; nothing if it has no row.
    pub fn render(mut self, text: &mut Text, screen: Screen, indent: usize) {
        if self.rows.is_empty() {
            return;
        }
        for row in &mut self.rows {
            let Row::Cells(cells) = row else { continue };
            for cell in cells {
                cell.text = drawable(&cell.text, screen).into_owned();
            }
        }
        let is_grouped = self.rows.iter().any(|row| matches!(row, Row::Group(_)));
        let inner = indent + if is_grouped { GAP } else { 0 };
        let room = screen.width.saturating_sub(inner);
        let layout = self.layout(room);
        let lines = match &layout {
            Some(layout) => self.lines(layout, screen, &" ".repeat(indent), &" ".repeat(inner)),
            None => return self.lists(text, screen, indent, inner),
        };
        lines.iter().for_each(|line| text.push(line));
    }

    fn cells(&self) -> impl Iterator<Item = &Vec<Cell>> {
        self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => Some(cells),
            Row::Group(_) => None,
        })
    }

    /// Columns and their widths; `None` where they cannot be made to fit.
    fn layout(&self, room: usize) -> Option<Vec<(usize, usize)>> {
        let filled = |column: &usize| self.cells().any(|cells| !cells[*column].text.is_empty());
        let mut shown: Vec<usize> = (0..self.columns.len()).filter(filled).collect();
        loop {
            if let Some(widths) = self.widths(&shown, room, WRAP, usize::MAX) {
                return Some(widths);
            }
            match shown.iter().rposition(|column| self.columns[*column].1 == Fit::Missed) {
                Some(at) => shown.remove(at),
                None => break,
            };
        }
        self.widths(&shown, room, 0, usize::MAX).or_else(|| self.widths(&shown, room, 0, WORD))
    }

    /// The widths of these columns: natural ones where there is room, else the widest column of text gives way first. No word is
    /// broken, and none is shortened to less than `word`.
    fn widths(&self, shown: &[usize], room: usize, wrap: usize, word: usize) -> Option<Vec<(usize, usize)>> {
        let widest = |column: usize, of: fn(&str) -> usize| {
            let cells = self.cells().map(|cells| of(&cells[column].text)).max().unwrap_or(0);
            cells.max(self.columns[column].0.width())
        };
        let natural = shown.iter().map(|column| widest(*column, |text| text.width()));
        let longest_word = |text: &str| text.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0);
        let least = shown.iter().map(|column| match self.columns[*column].1 {
            Fit::Wrapped => widest(*column, longest_word).max(wrap).min(word),
            Fit::Whole | Fit::Missed => widest(*column, |text| text.width()).min(word),
        });
        let mut widths: Vec<_> = natural.zip(least).map(|(natural, least)| (natural, least.min(natural))).collect();
        let total = |widths: &[(usize, usize)]| {
            widths.iter().map(|(width, _)| width).sum::<usize>() + GAP * widths.len().saturating_sub(1)
        };
        let mut excess = total(&widths).saturating_sub(room);
        while excess > 0 {
            let widest = widths.iter_mut().filter(|(width, least)| width > least).max_by_key(|(width, _)| *width)?;
            widest.0 -= 1;
            excess -= 1;
        }
        Some(shown.iter().copied().zip(widths.into_iter().map(|(width, _)| width)).collect())
    }

    fn lines(&self, layout: &[(usize, usize)], screen: Screen, outer: &str, inner: &str) -> Vec<String> {
        let header = layout.iter().map(|(column, _)| self.columns[*column].0.to_owned()).collect();
        let mut lines = indented(&arranged(vec![header], layout), inner);
        let mut block = Vec::new();
        for row in &self.rows {
            match row {
                Row::Cells(cells) => block.push(row_of(cells, layout, screen)),
                Row::Group(title) => {
                    lines.extend(indented(&arranged(std::mem::take(&mut block), layout), inner));
                    lines.push(group(title, screen, outer));
                }
            }
        }
        lines.extend(indented(&arranged(block, layout), inner));
        lines
    }

    /// Each row as a list of what its cells say.
    fn lists(&self, text: &mut Text, screen: Screen, indent: usize, inner: usize) {
        for row in &self.rows {
            match row {
                Row::Group(title) => text.push(&group(title, screen, &" ".repeat(indent))),
                Row::Cells(cells) => {
                    let named = self.columns.iter().zip(cells).filter(|(_, cell)| !cell.text.is_empty());
                    let said: Vec<_> =
                        named.map(|((name, _), cell)| format!("{} {}", name.to_lowercase(), cell.text)).collect();
                    text.wrapped(screen, inner + GAP, format_args!("{:inner$}{}", "", said.join(", ")));
                }
            }
        }
    }
}

fn group(title: &str, screen: Screen, indent: &str) -> String {
    let title = drawable(title, screen);
    format!("{indent}{}", shorten(&title, screen.width.saturating_sub(indent.len()), screen))
}

fn row_of(cells: &[Cell], layout: &[(usize, usize)], screen: Screen) -> Vec<String> {
    let cell = |(column, width): &(usize, usize)| {
        let Cell { text, mark } = &cells[*column];
        let words: Vec<_> = text.split(' ').map(|word| shorten(word, *width, screen)).collect();
        match mark {
            Some(mark) => mark.on(&words.join(" ")),
            None => words.join(" "),
        }
    };
    layout.iter().map(cell).collect()
}

/// The lines of these rows.
fn arranged(rows: Vec<Vec<String>>, layout: &[(usize, usize)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = comfy_table::Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::MAX);
    for row in rows {
        table.add_row(row);
    }
    let last = layout.len() - 1;
    for (n, (column, (_, width))) in table.column_iter_mut().zip(layout).enumerate() {
        let gap = if n == last { 0 } else { GAP as u16 };
        column.set_padding((0, gap));
        let width = u16::try_from(*width).unwrap_or(u16::MAX - gap) + gap;
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
    }
    table.trim_fmt()
}

fn indented(text: &str, indent: &str) -> Vec<String> {
    text.lines().map(|line| format!("{indent}{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Cell, Fit, Mark, Screen, Table, Text};

    fn table() -> Table {
        let columns = [("NAME", Fit::Whole), ("MAC", Fit::Missed), ("EMPTY", Fit::Whole), ("STATE", Fit::Wrapped)];
        let mut table = Table::new(&columns);
        let state = |words| Cell::state(words, Some(Mark::Bad));
        table.group(format_args!("nqn.{}", "2026-11.net.example:".repeat(4)));
        table.row([Cell::new("nbft0"), Cell::new("02:00:00:00:00:01"), Cell::default(), state("stops at the carrier")]);
        table.row([Cell::new("nbft1\n"), Cell::new("02:00:00:00:00:02"), Cell::default(), state("up")]);
        table
    }

    fn shown(table: Table, width: usize) -> String {
        let mut text = Text::new();
        table.render(&mut text, Screen::plain(width), 0);
        text.plain()
    }

    #[test]
    fn a_table_fits_the_screen() {
        assert_eq!(
            shown(table(), 100),
            "  NAME     MAC                STATE
nqn.2026-11.net.example:2026-11.net.example:2026-11.net.example:2026-11.net.example:
  nbft0    02:00:00:00:00:01  stops at the carrier
  nbft1\\n  02:00:00:00:00:02  up
"
        );
        assert_eq!(
            shown(table(), 40),
            "  NAME     STATE
nqn.2026-11.net.exa...26-11.net.example:
  nbft0    stops at the carrier
  nbft1\\n  up
"
        );
        assert_eq!(
            shown(table(), 26),
            "  NAME     STATE
nqn.2026-11....et.example:
  nbft0    stops at the
           carrier
  nbft1\\n  up
"
        );
    }

    #[test]
    fn rows_become_lists_where_nothing_else_fits() {
        let mut table = Table::new(&[("A", Fit::Whole), ("B", Fit::Whole), ("C", Fit::Whole)]);
        let word = "w".repeat(30);
        table.row([Cell::new(&word), Cell::new("b c"), Cell::new(&word)]);
        table.row([Cell::new("a"), Cell::default(), Cell::new("c")]);
        assert_eq!(
            shown(table.clone(), 40),
            "A                  B    C\nwwwwwww...wwwwwww  b c  wwwwwww...wwwwww\na                       c\n"
                .to_owned()
        );
        assert_eq!(
            shown(table, 24),
            "a
  wwwwwwwwww...wwwwwwww,
  b b c, c
  wwwwwwwwww...wwwwwwwww
a a, c c
"
        );
    }

    #[test]
    fn a_table_without_a_row_is_nothing() {
        assert_eq!(shown(Table::new(&[("A", Fit::Whole)]), 80), "");
    }
}

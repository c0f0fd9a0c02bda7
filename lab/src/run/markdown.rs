//! Writes a Markdown table of what boots cost over a base, such as the one in README.md.

use std::fmt::Write as _;

/// A quantity that the table compares.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    /// Its name in the table.
    pub name: &'static str,
    /// The unit after each figure; empty for a count.
    pub unit: &'static str,
    /// The number of decimals of a figure.
    pub decimals: usize,
}

/// The table: a column for each of `heads`, a line for each quantity and each of `variants` but the first, which is the base. `median`
/// returns the median for the indexes of column, variant and quantity. A line without any figure is left out.
pub fn differences(
    heads: &[&str],
    variants: &[&str],
    quantities: &[Quantity],
    median: impl Fn(usize, usize, usize) -> Option<f64>,
) -> String {
    let Some((base, others)) = variants.split_first() else { return String::new() };
    let mut out = format!("| more than {base} | {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(heads.len()));
    for (number, quantity) in quantities.iter().enumerate() {
        for (place, variant) in others.iter().enumerate() {
            let difference = |column| Some(median(column, place + 1, number)? - median(column, 0, number)?);
            let cells: Vec<Option<f64>> = (0..heads.len()).map(difference).collect();
            if cells.iter().all(Option::is_none) {
                continue;
            }
            let _ = write!(out, "| {variant}: {} |", quantity.name);
            for cell in cells {
                let _ = write!(out, " {} |", cell.map_or_else(|| "-".to_owned(), |figure| signed(figure, *quantity)));
            }
            out.push('\n');
        }
    }
    out
}

fn signed(figure: f64, quantity: Quantity) -> String {
    let space = if quantity.unit.is_empty() { "" } else { " " };
    format!("{figure:+.*}{space}{}", quantity.decimals, quantity.unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Quantity = Quantity { name: "to /sbin/init", unit: "s", decimals: 2 };
    const COUNT: Quantity = Quantity { name: "processes", unit: "", decimals: 0 };

    #[test]
    fn each_variant_has_a_line_for_each_quantity() {
        // Indexed by column, variant and quantity.
        let medians = [
            [[Some(12.5), Some(310.0)], [Some(16.93), Some(402.0)], [Some(13.54), Some(324.0)]],
            [[Some(15.25), Some(500.0)], [Some(20.89), None], [Some(15.0), Some(516.0)]],
        ];
        let text = differences(
            &["plain", "systemd"],
            &["local disk", "stock way", "nbft"],
            &[SECONDS, COUNT],
            |column, variant, quantity| medians[column][variant][quantity],
        );
        let expected = "\
| more than local disk | plain | systemd |
|---|---:|---:|
| stock way: to /sbin/init | +4.43 s | +5.64 s |
| nbft: to /sbin/init | +1.04 s | -0.25 s |
| stock way: processes | +92 | - |
| nbft: processes | +14 | +16 |
";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_nobody_measured_has_no_line() {
        // Only the base lacks a count of processes.
        let median = |_, variant, quantity| (variant == 1 || quantity == 0).then_some(1.0);
        let text = differences(&["plain"], &["no NBFT", "with its tables"], &[SECONDS, COUNT], median);
        assert_eq!(text, "| more than no NBFT | plain |\n|---|---:|\n| with its tables: to /sbin/init | +0.00 s |\n");
        assert_eq!(differences(&["plain"], &[], &[SECONDS], |_, _, _| None), "");
    }
}

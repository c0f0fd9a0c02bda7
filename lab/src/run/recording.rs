//! Draws a host's console as an animated SVG, in real time.

use crate::judge::console::stamp;
use std::fmt::{self, Write as _};

/// The number of visible lines.
const ROWS: usize = 32;

/// The number of visible characters in a line.
const COLUMNS: usize = 132;

/// Height of a line and width of a character, in pixels.
const LINE: usize = 15;
const CHARACTER: usize = 7;

/// How long the end stays, in seconds, before the animation restarts.
const HOLD: f64 = 8.0;

/// The block of the report that the animation shows.
const TABLE: &str = "status-table";

/// A console line with its time.
struct Shown<'a> {
    /// Seconds since QEMU's start.
    at: f64,
    text: &'a str,
}

/// A text, escaped for XML.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            c => f.write_char(c),
        })
    }
}

/// The animation of a host.log. Of the guest's report it shows only the output of `nbft status`.
pub fn svg(title: &str, log: &str) -> String {
    let lines = shown(log);
    let length = lines.last().map_or(0.0, |line| line.at) + HOLD;
    let (width, height) = (COLUMNS * CHARACTER + 20, ROWS * LINE + 20);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" font-size=\"11.6\">\n\
         <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#16191d\">\
         <animate id=\"all\" attributeName=\"x\" from=\"0\" to=\"0\" dur=\"{length:.3}s\" begin=\"0s;all.end\"/></rect>\n\
         <svg x=\"10\" y=\"10\" width=\"{}\" height=\"{}\"><g fill=\"#d8dee6\" xml:space=\"preserve\">\n",
        Quoted(title),
        width - 20,
        height - 20
    );
    for (row, line) in lines.iter().enumerate() {
        let text: String = line.text.chars().take(COLUMNS).collect();
        let _ = writeln!(
            out,
            "<text y=\"{}\" visibility=\"hidden\">{}<set attributeName=\"visibility\" to=\"visible\" begin=\"all.begin+{:.3}s\" \
             end=\"all.end\"/></text>",
            row * LINE + LINE - 4,
            Quoted(&text),
            line.at
        );
    }
    out.push_str(&scrolling(&lines, length));
    out.push_str("</g></svg></svg>\n");
    out
}

/// Each line beyond the last row moves all of them up.
fn scrolling(lines: &[Shown<'_>], length: f64) -> String {
    if lines.len() <= ROWS {
        return String::new();
    }
    let (mut times, mut values) = ("0".to_owned(), "0 0".to_owned());
    for (beyond, line) in lines[ROWS..].iter().enumerate() {
        let _ = write!(times, ";{:.5}", line.at / length);
        let _ = write!(values, ";0 -{}", (beyond + 1) * LINE);
    }
    format!(
        "<animateTransform attributeName=\"transform\" type=\"translate\" calcMode=\"discrete\" dur=\"{length:.3}s\" \
         begin=\"all.begin\" keyTimes=\"{times}\" values=\"{values}\"/>\n"
    )
}

/// The console's lines, followed by the command `nbft status` and its block of the report.
fn shown(log: &str) -> Vec<Shown<'_>> {
    let mut lines = Vec::new();
    let mut block = None;
    for (at, text) in log.lines().filter_map(|line| stamp(line.trim_end())) {
        match (text.strip_prefix("@begin "), text.strip_prefix('@')) {
            (Some(name), _) => {
                block = Some(name);
                if name == TABLE {
                    lines.push(Shown { at, text: "# nbft status" });
                }
            }
            (None, Some(_)) if text.starts_with("@report end") => break,
            (None, Some(_)) => block = None,
            (None, None) if block.is_none_or(|name| name == TABLE) => lines.push(Shown { at, text }),
            (None, None) => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{ROWS, svg};

    const LOG: &str = "[    1.250] Linux <6> & more\n[    2.000] @uptime 2.0\n[    2.100] @begin links\n[    2.101] 1: lo\n\
        [    2.102] @end 0\n[    2.200] @begin status-table\n[    2.201] ok: 1 of 1 paths up\n[    2.202] @end 0\n\
        [    2.300] @report end\n[    9.000] later\n";

    #[test]
    fn the_console_and_the_status_are_drawn_at_their_times() {
        let drawn = svg("a & b", LOG);
        assert!(drawn.contains("<title>a &amp; b</title>"));
        let texts: Vec<_> =
            drawn.lines().filter_map(|line| line.split_once("\"hidden\">")?.1.split_once("<set")).collect();
        let words: Vec<_> = texts.iter().map(|(text, _)| *text).collect();
        assert_eq!(words, ["Linux &lt;6&gt; &amp; more", "# nbft status", "ok: 1 of 1 paths up"]);
        assert!(texts[2].1.contains("begin=\"all.begin+2.201s\""), "{drawn}");
        assert!(drawn.contains("dur=\"10.201s\"") && !drawn.contains("animateTransform"));
    }

    #[test]
    fn lines_beyond_the_last_row_move_the_others_up() {
        let log: String = (0..ROWS + 2).map(|n| format!("[    {n}.000] line {n}\n")).collect();
        let drawn = svg("", &log);
        assert!(drawn.contains("keyTimes=\"0;0.78049;0.80488\" values=\"0 0;0 -15;0 -30\""), "{drawn}");
    }
}

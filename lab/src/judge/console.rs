//! Compares what machines wrote on their consoles with what the scenario expects.

use crate::judge::report::Report;
use crate::scenario::Expect;

/// Adds complaints about the host's console.
pub fn judge_host(expect: &Expect, console: &[impl AsRef<str>], report: &Report, complaints: &mut Vec<String>) {
    let unfolded = unfolded(console);
    // If the console is quiet, the messages of the initramfs are in the kernel's log only.
    let logged = report.block("dmesg");
    let holds = |text: &str| says(console, &unfolded, text) || logged.iter().any(|line| line.contains(text));
    compare("the console", holds, &expect.reasons, &expect.never, complaints);
    let mut rest = console.iter();
    for text in &expect.in_order {
        if !rest.any(|line| line.as_ref().contains(text)) {
            complaints.push(format!("the console does not say {text:?}, or not at its place in the order"));
        }
    }
}

/// Complains of words that are in too many lines of the host's console, without its report.
pub fn count_lines(expect: &Expect, console: &[impl AsRef<str>], complaints: &mut Vec<String>) {
    for (words, most) in &expect.at_most {
        let count = console.iter().filter(|line| line.as_ref().contains(words)).count();
        if count > *most {
            complaints.push(format!("{count} lines of the console hold {words:?}, at most {most} may"));
        }
    }
}

/// Adds complaints about the target's console.
pub fn judge_target(expect: &Expect, console: &[impl AsRef<str>], complaints: &mut Vec<String>) {
    let unfolded = unfolded(console);
    let holds = |text: &str| says(console, &unfolded, text);
    compare("the target's console", holds, &expect.target, &expect.target_never, complaints);
}

/// The console as one line, since long sentences are folded. Removes the time and program that the journal puts before each line.
fn unfolded(console: &[impl AsRef<str>]) -> String {
    console.iter().flat_map(|line| without_stamp(line.as_ref()).split_whitespace()).collect::<Vec<_>>().join(" ")
}

fn without_stamp(line: &str) -> &str {
    let Some((_, text)) = stamped(line) else { return line };
    let program = |text: &str| text.ends_with(']') && text.contains('[') && !text.contains(' ');
    text.split_once(": ").filter(|(name, _)| program(name)).map_or(text, |(_, rest)| rest)
}

/// Time and text of a line of the kernel's log.
pub fn stamped(line: &str) -> Option<(f64, &str)> {
    stamp(line.trim_start()).map(|(time, text)| (time, text.trim_start()))
}

/// Seconds and text, blanks included, of a line that begins with a stamp: the kernel's, or the bench's in a log.
pub fn stamp(line: &str) -> Option<(f64, &str)> {
    let (time, text) = line.strip_prefix('[')?.split_once("] ")?;
    Some((time.trim().parse().ok()?, text))
}

/// Whether one line contains the text, or several lines in a row. A kernel message between them breaks the match.
fn says(console: &[impl AsRef<str>], unfolded: &str, text: &str) -> bool {
    console.iter().any(|line| line.as_ref().contains(text)) || unfolded.contains(text)
}

/// Complains of each wanted text that is missing and each forbidden text that is there.
fn compare(who: &str, holds: impl Fn(&str) -> bool, wanted: &[String], never: &[String], complaints: &mut Vec<String>) {
    for text in wanted.iter().filter(|text| !holds(text)) {
        complaints.push(format!("{who} does not say {text:?}"));
    }
    for text in never.iter().filter(|text| holds(text)) {
        complaints.push(format!("{who} says {text:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDED: [&str; 3] = [
        "[    3.1] nvme nvme0: created",
        "  nvme0 is connected and shows this host no namespace; uuid",
        "    cc3f2135 is expected.",
    ];
    const LOGGED: [&str; 2] = [
        "[  232.411386] dracut-initqueue[966]:   wrong:    nvme0 is connected and shows this host no namespace; uuid",
        "[  232.415739] dracut-initqueue[966]:             cc3f2135 is expected.",
    ];

    #[test]
    fn lines_are_counted() {
        let console =
            ["[    3.1] nbft: nbft0: ready", "[    3.2] nvme nvme0: created", "[    3.3] nbft: 1 of 1 paths up"];
        for (most, count) in [(2, 0), (1, 1)] {
            let expect: Expect =
                toml::from_str(&format!("outcome = \"boots\"\nat_most = {{ \"nbft: \" = {most} }}")).unwrap();
            let mut complaints = Vec::new();
            count_lines(&expect, &console, &mut complaints);
            assert_eq!(complaints.len(), count, "{complaints:?}");
        }
    }

    fn complaints(console: &[&str], reasons: &[&str], never: &[&str]) -> Vec<String> {
        let expect = format!("outcome = \"fails\"\nreasons = {reasons:?}\nnever = {never:?}");
        let expect: Expect = toml::from_str(&expect).unwrap();
        let mut complaints = Vec::new();
        judge_host(&expect, console, &Report::default(), &mut complaints);
        complaints
    }

    #[test]
    fn a_folded_sentence_is_said() {
        for console in [&FOLDED[..], &LOGGED[..]] {
            assert_eq!(complaints(console, &["no namespace; uuid cc3f2135 is expected."], &[]), Vec::<String>::new());
            assert_eq!(complaints(console, &["no namespace; uuid cc3f2136 is expected."], &[]).len(), 1);
        }
    }

    #[test]
    fn a_folded_sentence_that_must_not_be_said_is_found() {
        assert_eq!(complaints(&FOLDED, &[], &["shows this host no namespace; uuid cc3f2135"]).len(), 1);
    }

    #[test]
    fn only_a_time_and_a_program_are_cut_off() {
        assert_eq!(without_stamp("[    3.1] nvme nvme0: created"), "nvme nvme0: created");
        assert_eq!(without_stamp("[    3.1] nbft[372]: 1 of 1 paths up"), "1 of 1 paths up");
        assert_eq!(without_stamp("[::1]: a port"), "[::1]: a port");
    }
}

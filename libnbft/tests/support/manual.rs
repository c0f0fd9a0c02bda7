//! Makes the list in nbft-rules(7) from the rules.

use libnbft::{Rule, Severity};
use std::fmt::Write as _;
use std::path::Path;

/// Where the page lies.
pub(crate) fn path() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nbft-rules.7"))
}

const BEGIN: &str = ".\\\" BEGIN RULES: written by the example make-testdata\n";
const END: &str = ".\\\" END RULES\n";

/// The page with its list brought up to date.
pub(crate) fn updated(page: &str) -> String {
    let (head, rest) = page.split_once(BEGIN).expect("the page says where the list begins");
    let (_, tail) = rest.split_once(END).expect("the page says where the list ends");
    format!("{head}{BEGIN}{}{END}{tail}", list())
}

fn list() -> String {
    let mut text = String::new();
    let groups = [
        (Severity::Error, "ERRORS", "Something cannot be used."),
        (Severity::Warning, "WARNINGS", "Usable, but against the specification."),
        (Severity::Note, "NOTES", "Known quirks of firmware, and things worth knowing. Nothing is lost."),
    ];
    for (severity, title, words) in groups {
        writeln!(text, ".SH {title}\n{words}").expect("a string takes anything");
        let mut rules: Vec<_> = Rule::ALL.iter().filter(|rule| rule.severity() == severity).collect();
        rules.sort_by_key(|rule| rule.name());
        for rule in rules {
            let entry = format!(".TP\n.B {}\n{}\n.br\n{}\n", rule.name(), rule.summary(), rule.why());
            text += &entry.replace('-', "\\-");
        }
    }
    text
}

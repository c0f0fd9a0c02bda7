//! Whole outputs, compared with files.

use crate::support::here;
use std::path::Path;

/// Compares `text` with `tests/tables/golden/NAME`; with `UPDATE_GOLDEN` set, writes it there to be looked through.
pub(crate) fn check(name: &str, text: &str) {
    let path = here(&format!("tests/tables/golden/{name}"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if expected == text {
        return;
    }
    let line = expected.lines().zip(text.lines()).position(|(one, other)| one != other);
    let line = line.unwrap_or_else(|| expected.lines().count().min(text.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    let got = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&got, text).unwrap();
    panic!(
        "{name} differs from line {} on:\n  expected: {}\n  got:      {}\nThe whole output is in {}. If it is right, run the \
         tests with UPDATE_GOLDEN=1 and look at the difference.",
        line + 1,
        at(&expected),
        at(text),
        got.display()
    );
}

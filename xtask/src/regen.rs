//! Regenerates derived files: testdata, the rules page, the JSON Schema, the list of keys.

use std::io;
use std::path::Path;
use std::process::Command;

/// The generated files, by their paths in git.
const GENERATED: [&str; 8] = [
    "testdata/tables",
    "testdata/whole",
    "testdata/rules",
    "man/nbft-rules.7",
    "libnbft/schema/nbft-show.schema.json",
    "man/nbft-show.1",
    "libnbft-capi/include/nbft.h",
    "libnbft-capi/libnbft.map",
];

/// Writes every generated file; with `check`, returns those that were out of date.
pub(crate) fn regen(root: &Path, check: bool) -> io::Result<Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for (package, example, features) in [
        ("libnbft", "make-testdata", &[][..]),
        ("libnbft", "make-schema", &["--features", "schema"]),
        ("libnbft-capi", "make-header", &[]),
    ] {
        let made = Command::new(&cargo)
            .args(["run", "--quiet", "--package", package, "--example", example])
            .args(features)
            .current_dir(root)
            .status()?;
        if !made.success() {
            return Err(io::Error::other(format!("{example}: {made}")));
        }
    }
    if !check {
        return Ok(Vec::new());
    }
    let changed = Command::new("git")
        .args(["-c", "safe.directory=*", "status", "--porcelain", "--"])
        .args(GENERATED)
        .current_dir(root)
        .output()?;
    let changed = String::from_utf8_lossy(&changed.stdout);
    Ok(changed
        .lines()
        .map(|line| format!("{}: not as cargo xtask regen writes it", line.get(3..).unwrap_or(line)))
        .collect())
}

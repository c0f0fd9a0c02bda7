//! Writes `testdata/` and the list in `man/nbft-rules.7`: `cargo run -p libnbft --example make-testdata`.
//!
//! Read the difference that it makes before you commit it: what the tests compare with is what was written here.

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> std::io::Result<()> {
    for folder in support::FOLDERS {
        match std::fs::remove_dir_all(support::folder().join(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for sample in support::samples() {
        let path = support::folder().join(&sample.path);
        std::fs::create_dir_all(path.parent().unwrap_or(support::folder()))?;
        std::fs::write(path, sample.content)?;
    }
    let manual = support::manual::path();
    let page = std::fs::read_to_string(manual)?;
    std::fs::write(manual, support::manual::updated(&page))
}

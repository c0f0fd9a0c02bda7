//! Writes the header and the version script: `cargo xtask regen`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::write(crate_root.join("include/nbft.h"), nbft::header::header())?;
    std::fs::write(crate_root.join("libnbft.map"), nbft::header::version_script())
}

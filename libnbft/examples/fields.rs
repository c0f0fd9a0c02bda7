//! Prints what lies where in a table: `cargo run -p libnbft --example fields -- FILE…`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for argument in std::env::args_os().skip(1) {
        for file in libnbft::files::find(Path::new(&argument))? {
            println!("{}", file.path.display());
            for field in libnbft::parse(&file.read()?)?.fields() {
                let value = field.value.unwrap_or_default();
                println!(
                    "{:#06x} {:4}  {}: {}  {value}",
                    field.span.start,
                    field.span.len(),
                    field.structure,
                    field.field
                );
            }
        }
    }
    Ok(())
}

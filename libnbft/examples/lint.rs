//! Prints what is wrong with a table: `cargo run -p libnbft --example lint -- FILE…`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut failed = false;
    for argument in std::env::args_os().skip(1) {
        let files = match libnbft::files::find(Path::new(&argument)) {
            Ok(files) => files,
            Err(error) => {
                println!("{error}");
                failed = true;
                continue;
            }
        };
        for file in files {
            failed |= !lint(&file);
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints a file's findings; whether there is no error among them.
fn lint(file: &libnbft::files::TableFile) -> bool {
    let bytes = match file.read() {
        Ok(bytes) => bytes,
        Err(error) => {
            println!("{error}");
            return false;
        }
    };
    match libnbft::parse(&bytes) {
        Ok(parsed) => {
            let findings = parsed.check();
            for finding in &findings {
                println!("{}: {finding}", file.name);
            }
            findings.iter().all(|finding| finding.severity < libnbft::Severity::Error)
        }
        Err(error) => {
            println!("{}: {error}", file.name);
            false
        }
    }
}

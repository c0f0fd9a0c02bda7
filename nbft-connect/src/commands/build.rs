//! `nbft build`.

use crate::cli::{BuildArgs, Common, Flip, Spec};
use crate::error::{Error, UsageError};
use crate::exit::Exit;
use crate::input::{read_regular, read_to_limit};
use crate::output::{self, print_bytes};
use libnbft::json;
use libnbft::model::{Diagnostics, Table};
use serde::Deserialize;
use std::io;
use std::path::Path;

/// Offset of the checksum byte in the ACPI header.
const CHECKSUM: usize = 9;

/// Largest text that is read, in bytes. `show -o json` prints at most a tenth of this for the largest legal lists.
const MAX_JSON: u64 = 64 << 20;

/// Runs the command.
///
/// # Errors
///
/// When the file cannot be read, describes no table, or the table cannot be written.
pub fn run(args: &BuildArgs, common: &Common) -> Result<Exit, Error> {
    let name = args.file.display().to_string();
    let text = read(&args.file, common)?;
    let tables = parse(&text).map_err(|error| Error::input(&name, error))?;
    let json = choose(tables, args.table).map_err(|error| Error::input(&name, error))?;
    let mut table = Table::try_from(&json).map_err(|error| Error::input(&name, error))?;
    if let Some(spec) = args.spec {
        for lost in set_spec(&mut table, spec) {
            log::warn!("{name}: specification 1.0 has no place for {lost}");
        }
    }
    let mut bytes = libnbft::write(&table).map_err(|error| Error::input(&name, error))?;
    break_table(&mut bytes, args)?;
    match &args.output {
        Some(path) => {
            let path = common.path(path);
            write(&path, &bytes).map_err(|source| Error::Write { path, source })?;
        }
        None if output::is_terminal() => {
            return Err(UsageError::TableOnTerminal.into());
        }
        None => print_bytes(&bytes)?,
    }
    Ok(Exit::Ok)
}

#[expect(clippy::disallowed_methods, reason = "a table is bytes")]
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::write(path, bytes)
}

fn read(file: &Path, common: &Common) -> Result<String, Error> {
    let mut text = Vec::new();
    let (path, read) = if file == Path::new("-") {
        ("standard input".into(), read_to_limit(std::io::stdin().lock(), MAX_JSON, &mut text))
    } else {
        let path = common.path(file);
        let read = read_regular(&path, MAX_JSON).map(|bytes| text = bytes);
        (path, read)
    };
    let no_text = |_| io::Error::new(io::ErrorKind::InvalidData, "it is no text: it holds bytes that are not UTF-8");
    let text = read.and_then(|()| String::from_utf8(text).map_err(no_text));
    text.map_err(|source| Error::Read { path, source })
}

/// Parses the array that `show` prints, or a single table.
fn parse(text: &str) -> serde_json::Result<Vec<json::Table>> {
    let one = text.trim_start().starts_with('{');
    // Not an untagged enum: its errors would not say what is wrong, and where.
    if one {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let table = json::Table::deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(vec![table])
    } else {
        serde_json::from_str(text)
    }
}

/// Why no table of a file is chosen.
#[derive(Debug, thiserror::Error)]
enum ChoiceError {
    #[error("holds no table")]
    None,
    #[error("holds {0} tables: choose one with --table")]
    Several(usize),
    #[error("holds no table {number}, but {count} in all")]
    Missing { number: usize, count: usize },
}

fn choose(mut tables: Vec<json::Table>, number: Option<usize>) -> Result<json::Table, ChoiceError> {
    let count = tables.len();
    match number {
        None if count == 1 => Ok(tables.remove(0)),
        None if count == 0 => Err(ChoiceError::None),
        None => Err(ChoiceError::Several(count)),
        Some(n) if (1..=count).contains(&n) => Ok(tables.remove(n - 1)),
        Some(n) => Err(ChoiceError::Missing { number: n, count }),
    }
}

/// Converts a table to a version of the specification; returns what was lost.
fn set_spec(table: &mut Table, spec: Spec) -> Vec<String> {
    let mut lost = Vec::new();
    let newer = spec == Spec::V1_1;
    table.header.minor = u8::from(newer);
    table.control.minor = u8::from(newer);
    for hfi in &mut table.hfis {
        let Some(tcp) = &mut hfi.tcp else { continue };
        tcp.info_version = if newer { 2 } else { 1 };
        if !newer && tcp.ext.take().is_some() {
            lost.push(format!("the extended info of HFI {}", hfi.index));
        }
        if !newer && std::mem::take(&mut tcp.pcie_segment) != 0 {
            lost.push(format!("the PCIe segment of HFI {}", hfi.index));
        }
    }
    for ssns in &mut table.ssns {
        let Some(ext) = &mut ssns.ext else { continue };
        if newer {
            // FFFFh: firmware states no timeout.
            let mut none = Diagnostics::default();
            none.connect_timeout = 0xffff;
            ext.diagnostics.get_or_insert(none);
        } else if ext.diagnostics.take().is_some() {
            lost.push(format!("the diagnostics of subsystem {}", ssns.index));
        }
    }
    lost
}

/// Damages a table as requested: applies the flips, then the checksum of the result, then the cut.
fn break_table(bytes: &mut Vec<u8>, args: &BuildArgs) -> Result<(), UsageError> {
    let length = bytes.len();
    for Flip { offset, mask } in &args.flip {
        let byte = bytes.get_mut(*offset).ok_or(UsageError::BeyondTable { option: "--flip", at: *offset, length })?;
        *byte ^= mask;
    }
    if args.no_checksum {
        bytes[CHECKSUM] = 0;
        let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        // 0 may be the right checksum by chance, but a wrong one was requested.
        bytes[CHECKSUM] = u8::from(sum == 0);
    } else if !args.flip.is_empty() {
        libnbft::repair_checksum(bytes);
    }
    if let Some(n) = args.truncate {
        if n > length {
            return Err(UsageError::BeyondTable { option: "--truncate", at: n, length });
        }
        bytes.truncate(n);
    }
    Ok(())
}

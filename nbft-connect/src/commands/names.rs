//! `nbft list-names`: the names that the shells' completions offer.

use crate::cli::{Common, NameKind, NamesArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::plan;
use crate::output::{Text, print};
use crate::status::schema::{STATUS_FILE, Status};
use libnbft::model::{Nqn, Table};
use std::collections::BTreeSet;

/// Runs the command. If there is nothing to read, it prints no names.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn run(args: &NamesArgs, common: &Common) -> Result<Exit, Error> {
    let tables = plan::present_tables(common).unwrap_or_default().tables;
    let tables: Vec<Table> = tables.into_iter().map(|(_, table)| table).collect();
    let status = Status::read(&common.path(STATUS_FILE)).ok().flatten().unwrap_or_default();
    let mut text = Text::new();
    names(args.kind, &tables, &status).iter().for_each(|name| text.line(name));
    print(&text)?;
    Ok(Exit::Ok)
}

/// The names in tables and status, each once.
fn names(kind: NameKind, tables: &[Table], status: &Status) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match kind {
        NameKind::Hosts => {
            let hosts = tables.iter().filter_map(|table| table.host.as_ref()?.nqn.as_ref());
            names.extend(hosts.map(|Nqn(nqn)| nqn.clone()).chain(status.hostnqn.clone()));
        }
        NameKind::Subsystems | NameKind::Targets => {
            let nqns = tables.iter().flat_map(|table| &table.ssns).filter_map(|ssns| ssns.nqn.as_ref());
            names.extend(nqns.filter(|nqn| !nqn.is_discovery()).map(|Nqn(nqn)| nqn.clone()));
            names.extend(status.paths.iter().map(|path| path.nqn.clone()));
        }
    }
    if kind == NameKind::Targets {
        names.extend(status.paths.iter().flat_map(|path| path.controller.clone()));
        names.extend(status.paths.iter().map(|path| path.traddr.clone()));
        names.extend(
            tables
                .iter()
                .flat_map(|table| &table.ssns)
                .filter_map(|ssns| ssns.traddr.and_then(|traddr| traddr.get()).map(|traddr| traddr.to_string())),
        );
    }
    names.retain(|name| is_word(name));
    names
}

/// Whether every shell reads this as one literal word: the completed word becomes part of a command.
fn is_word(name: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'_' | b'@' | b'%' | b'+');
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_word;

    #[test]
    fn nothing_that_a_shell_obeys_is_offered() {
        for name in ["nqn.2014-08.org.nvmexpress:uuid:a1b759e3-035d-4777", "nvme0", "2001:db8::1", "fe80::1%eth0"] {
            assert!(is_word(name), "{name}");
        }
        for name in [
            "",
            "-x",
            "nqn.a:$(reboot)",
            "nqn.a:`x`",
            "a;b",
            "a b",
            "a*",
            "~a",
            "a'b",
            "a\nb",
            "a{b,c}",
            "=a",
            "\u{e4}",
        ] {
            assert!(!is_word(name), "{name}");
        }
    }
}

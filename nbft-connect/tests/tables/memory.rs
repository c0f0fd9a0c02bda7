//! Memory does not grow with the number of tables.

use crate::support::{Dir, here};
use std::process::{Command, Stdio};

/// Tables of 255 HFIs and 255 entries each of which names them all.
const TABLES: usize = 16;

/// What a process may map, in KiB: less than the JSON of all these tables takes, or what there is to say of them.
const LIMIT: usize = 64 << 10;

fn table() -> Vec<u8> {
    let full = std::fs::read(here("../testdata/tables/full.nbft")).unwrap();
    let mut table = libnbft::parse(&full).unwrap().table;
    let (hfi, ssns) = (table.hfis.remove(0), table.ssns.remove(0));
    table.hfis = (1..=255).map(|_| hfi.clone()).collect();
    table.ssns = (1..=255).map(|_| ssns.clone()).collect();
    for (index, hfi) in (1..=255).zip(&mut table.hfis) {
        hfi.index = index;
    }
    for (index, ssns) in (1..=255).zip(&mut table.ssns) {
        (ssns.index, ssns.primary_hfi, ssns.secondary_hfis) = (index, 1, (2..=255).collect());
    }
    libnbft::write(&table).unwrap()
}

#[test]
fn many_large_tables_are_shown_and_checked_one_by_one() {
    let dir = Dir::new("memory");
    let table = table();
    for n in 1..=TABLES {
        dir.write(&format!("NBFT{n}"), &table);
    }
    let limited = format!("ulimit -v {LIMIT} && exec \"$@\"");
    for command in ["show", "show -o json", "check", "check -o json"] {
        let mut run = Command::new("sh");
        run.args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_nbft")]).args(command.split(' '));
        let run = run.args(["--nbft-path", dir.path(), "--root", "/"]).stdout(Stdio::null()).output().unwrap();
        // Not ended by a signal, as a process without memory is.
        assert!(run.status.code().is_some_and(|code| code < 2), "{command}: {} {:?}", run.status, run.stderr);
    }
}

/// Another NIC in each HFI, and another subsystem in each entry.
fn other_nics(number: u8) -> Vec<u8> {
    let mut table = libnbft::parse(&table()).unwrap().table;
    for (index, hfi) in (1..=255).zip(&mut table.hfis) {
        hfi.tcp.as_mut().unwrap().mac.0 = [2, 0, 0, 0, number, index];
    }
    for (index, ssns) in table.ssns.iter_mut().enumerate() {
        ssns.nqn = Some(libnbft::model::Nqn(format!("nqn.2026-11.net.example:{number}-{index}")));
    }
    libnbft::write(&table).unwrap()
}

#[test]
fn twenty_tables_that_name_each_path_are_planned_in_64_mib() {
    let dir = Dir::new("memory-plan");
    for number in 1..=20 {
        dir.write(&format!("NBFT{number}"), &other_nics(number));
    }
    let limited = format!("ulimit -v {LIMIT} && exec \"$@\"");
    for command in ["plan", "plan -o json"] {
        let mut run = Command::new("sh");
        run.args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_nbft")]).args(command.split(' '));
        let run = run.args(["--nbft-path", dir.path(), "--root", "/"]).output().unwrap();
        assert_eq!(run.status.code(), Some(0), "{command}: {:?}", String::from_utf8_lossy(&run.stderr));
        let text = String::from_utf8_lossy(&run.stdout);
        assert!(text.contains("the tables ask for more than 1024 paths"), "{command}");
        assert!(text.len() < 16 << 20, "{command} prints {} bytes", text.len());
    }
}

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

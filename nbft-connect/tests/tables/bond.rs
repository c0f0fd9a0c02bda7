//! A bond that the kernel's command line asks for: in the plan, in every export, and in what the running system is left.

use crate::export::{hfi, ip, ssns, table, tree};
use crate::golden::check;
use crate::support::{Dir, nbft};
use libnbft::model::{Table, VlanId};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::cli::Handover;
use nbft_connect::dhcp_options::ClientOptions;
use nbft_connect::handover;
use nbft_connect::status::schema::{State, Status};
use std::path::Path;

const BOND: &str =
    "rd.nvmf.bond=bond0:nbft0,nbft1:802.3ad:miimon=50:updelay=200:lacp_rate=fast:xmit_hash_policy=layer3+4";

/// Two NICs of one subnet; the second has a VLAN of the first too.
fn bonded() -> Table {
    let mut table = table();
    table.hfis = vec![hfi(1, 1, "192.0.2.2", 24), hfi(2, 2, "192.0.2.3", 24)];
    table.hfis[0].tcp.as_mut().unwrap().gateway = ip("192.0.2.254");
    for (index, mac, address) in [(3, 1, "198.51.100.2"), (4, 2, "198.51.100.3")] {
        let mut tagged = hfi(index, mac, address, 24);
        tagged.tcp.as_mut().unwrap().vlan = VlanId(10);
        table.hfis.push(tagged);
    }
    table.ssns =
        vec![ssns(1, "192.0.2.1", 1), ssns(2, "192.0.2.1", 2), ssns(3, "198.51.100.1", 3), ssns(4, "198.51.100.1", 4)];
    table
}

fn root(name: &str, line: &str) -> Dir {
    let dir = Dir::new(name);
    dir.write("sys/firmware/acpi/tables/NBFT", &libnbft::write(&bonded()).unwrap());
    dir.write("proc/cmdline", line.as_bytes());
    dir
}

#[test]
fn the_plan_and_each_export_have_it() {
    let dir = root("bond", BOND);
    let text = |words: &[&str]| {
        let run = nbft(&[words, &["--root", dir.path()]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{words:?}");
        run.text()
    };
    check("bond-plan.txt", &text(&["plan"]));
    for format in ["udev", "networkd", "networkmanager", "wicked", "dracut"] {
        check(&format!("bond-{format}.txt"), &text(&["export", format]));
    }
    // An option takes the place of the parameter.
    assert!(
        text(&["plan", "--bond", "root:nbft0,nbft1"])
            .contains("\nroot is a bond of nbft0 and nbft1 (mode=active-backup,")
    );
}

#[test]
fn a_typing_error_costs_the_bond_alone() {
    let dir = root("bond-wrong", "rd.nvmf.bond=bond0:nbft0,nbft1:fastest");
    let run = nbft(&["plan", "--root", dir.path()]);
    assert_eq!(run.code, 0);
    assert_eq!(
        run.stderr,
        "nbft: rd.nvmf.bond=bond0:nbft0,nbft1:fastest: \"fastest\" is no mode of a bond: no bond is made\n"
    );
    assert_eq!(nbft(&["plan", "--bond", "bond0:nbft0", "--root", dir.path()]).code, 2);
}

#[test]
fn managers_of_the_running_system_leave_it_alone() {
    let table = bonded();
    let options = Options::default().with_bonds(vec![BOND.split_once('=').unwrap().1.parse().unwrap()]);
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &options);
    let mut status = Status::of_plan(&plan);
    for interface in &mut status.interfaces {
        interface.state = State::Up;
        interface.ports = vec!["nbft0".into(), "nbft1".into()];
    }
    let left = |name: &str, status: &Status, how: Handover| {
        let dir = Dir::new(name);
        handover::leave(&plan, status, Some(how), &ClientOptions::default(), Path::new(dir.path()));
        tree(Path::new(dir.path()), dir.path())
    };
    check("bond-handover-auto.txt", &left("bond-auto", &status, Handover::Auto));
    check("bond-handover-leave.txt", &left("bond-leave", &status, Handover::Leave));
    // The kernel made none: one port has all the addresses.
    for interface in &mut status.interfaces {
        interface.ports.clear();
        interface.name = interface.name.replace("bond0", "nbft1");
    }
    check("bond-handover-without.txt", &left("bond-without", &status, Handover::Leave));
}

//! `nbft disconnect`, over the root tree of a machine.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const NQN: &str = "nqn.2014-08.org.example:s";

fn write(root: &Path, file: &str, text: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// A machine with two paths to the disk nvme0n1, on which `mounts` says what is mounted. nvme1 is somebody else's.
fn machine(mounts: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (number, port) in [(0, 4420), (1, 4421)] {
        let controller = format!("sys/class/nvme/nvme{number}");
        let address = format!("traddr=192.0.2.10,trsvcid={port},host_iface=nbft{number}\n");
        for (file, text) in [
            ("transport", "tcp\n"),
            ("state", "live\n"),
            ("subsysnqn", NQN),
            ("address", &address),
            ("delete_controller", ""),
        ] {
            write(root, &format!("{controller}/{file}"), text);
        }
        write(root, &format!("{controller}/nvme0c{number}n1/nsid"), "1\n");
    }
    write(root, "sys/block/nvme0n1/dev", "259:0\n");
    write(root, "proc/self/mountinfo", mounts);
    write(root, "run/nvme/registry/nvme0/owner", "nbft\n");
    write(root, "run/nvme/registry/nvme1/owner", "nvme-cli\n");
    directory
}

const ROOT_ON_IT: &str = "25 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n";

fn disconnect(root: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nbft"));
    let Output { status, stdout, stderr } =
        command.arg("--root").arg(root).arg("disconnect").args(args).env_remove("JOURNAL_STREAM").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// The controllers that the kernel was told to disconnect.
fn told(root: &Path) -> Vec<&'static str> {
    let is_told = |name: &&str| {
        fs::read_to_string(root.join("sys/class/nvme").join(name).join("delete_controller")).unwrap() == "1"
    };
    ["nvme0", "nvme1"].into_iter().filter(is_told).collect()
}

fn list(root: &Path) -> String {
    fs::read_to_string(root.join("run/nbft/exclusions.conf")).unwrap_or_default()
}

#[test]
fn one_path_of_two_goes_and_is_kept_out() {
    let machine = machine(ROOT_ON_IT);
    let root = machine.path();
    let (code, stdout, stderr) = disconnect(root, &["nvme0"]);
    let said = format!("nvme0: {NQN} at 192.0.2.10 port 4420 over nbft0: disconnected\n");
    assert_eq!((code, stdout, stderr), (Some(0), said, String::new()));
    assert_eq!(told(root), ["nvme0"]);
    let expected = format!(
        "# Connections that are out of service.\n[exclusions]\n\
         exclusion = transport=tcp;traddr=192.0.2.10;trsvcid=4420;nqn={NQN};host-iface=nbft0\n"
    );
    assert_eq!(list(root), expected);
    assert!(!root.join("run/nvme/registry/nvme0").exists());
    // Once more adds nothing.
    disconnect(root, &["nvme0"]);
    assert_eq!(list(root), expected);
}

#[test]
fn the_last_connection_of_a_disk_in_use_stays() {
    let machine = machine(ROOT_ON_IT);
    let root = machine.path();
    let (code, stdout, stderr) = disconnect(root, &[NQN]);
    assert_eq!((code, told(root)), (Some(1), vec!["nvme0"]), "{stdout}{stderr}");
    let why = "nvme1 stays connected: it is the last one with /dev/nvme0n1, and a file system on it is mounted at /";
    assert!(stderr.contains(why), "{stderr}");
    assert_eq!(list(root).matches("exclusion = ").count(), 1);
    assert!(root.join("run/nvme/registry/nvme1").exists());
}

#[test]
fn a_path_without_access_keeps_no_disk_alive() {
    let machine = machine(ROOT_ON_IT);
    let root = machine.path();
    write(root, "sys/class/nvme/nvme0/nvme0c0n1/ana_state", "optimized\n");
    write(root, "sys/class/nvme/nvme1/nvme0c1n1/ana_state", "inaccessible\n");
    let (code, _, stderr) = disconnect(root, &["nvme0"]);
    assert_eq!((code, told(root)), (Some(1), vec![]), "{stderr}");
    write(root, "sys/class/nvme/nvme1/nvme0c1n1/ana_state", "non-optimized\n");
    assert_eq!((disconnect(root, &["nvme0"]).0, told(root)), (Some(0), vec!["nvme0"]));
}

#[test]
fn all_is_all_of_ours_that_nothing_depends_on() {
    for (mounts, expected) in [(ROOT_ON_IT, vec!["nvme0"]), ("", vec!["nvme0"])] {
        let machine = machine(mounts);
        assert_eq!(disconnect(machine.path(), &["--all"]).0, Some(0));
        assert_eq!(told(machine.path()), expected, "nvme1 is another program's");
    }
    let machine = machine(ROOT_ON_IT);
    let root = machine.path();
    write(root, "sys/class/nvme/nvme1/state", "connecting\n");
    assert_eq!(disconnect(root, &["--all"]).0, Some(0), "what is in use is no failure");
    assert_eq!(told(root), Vec::<&str>::new());
}

#[test]
fn an_unused_disk_goes_and_unknown_names_are_said() {
    let machine = machine("");
    let root = machine.path();
    let (code, _, stderr) = disconnect(root, &["192.0.2.10:4421", "192.0.2.11", "--permanent"]);
    assert_eq!((code, told(root)), (Some(1), vec!["nvme1"]));
    assert!(stderr.contains("no path and no controller is 192.0.2.11"), "{stderr}");
    assert_eq!(list(root), "");
    assert!(fs::read_to_string(root.join("etc/nvme/exclusions.conf")).unwrap().contains("trsvcid=4421"));
    assert_eq!(disconnect(root, &[]).0, Some(2));
}

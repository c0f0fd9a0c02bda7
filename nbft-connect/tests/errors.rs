//! Bad input gets a clear sentence on standard error and the exit code that the manual names.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::in_namespace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn testdata(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(file)
}

/// A root directory for one test.
struct Root(PathBuf);

impl Root {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("nbft-errors-{}-{name}", std::process::id()));
        fs::create_dir_all(root.join("sys/firmware/acpi/tables")).unwrap();
        fs::create_dir_all(root.join("proc")).unwrap();
        fs::write(root.join("proc/cmdline"), "quiet\n").unwrap();
        Self(root)
    }

    fn with_table(self, table: &str) -> Self {
        let table = testdata(table);
        let bytes = fs::read(&table).unwrap_or_else(|error| panic!("{}: {error}", table.display()));
        fs::write(self.0.join("sys/firmware/acpi/tables/NBFT"), bytes).unwrap();
        self
    }

    fn with(self, file: &str, text: &str) -> Self {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Exit code and standard error of `nbft WORDS --root HERE`.
    fn nbft(&self, words: &str) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_nbft"))
            .args(words.split_whitespace())
            .arg("--root")
            .arg(&self.0)
            // No modprobe: no test may load a driver into the machine that it runs on.
            .env("PATH", "/nonexistent")
            .env_remove("JOURNAL_STREAM")
            .env_remove("NOTIFY_SOCKET")
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap().replace(&*self.0.to_string_lossy(), "");
        (output.status.code().unwrap(), stderr)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn no_table() {
    let root = Root::new("none");
    for command in ["connect", "plan", "show", "check", "export udev"] {
        assert_eq!(root.nbft(command), (3, "nbft: /sys/firmware/acpi/tables: no NBFT\n".into()), "{command}");
    }
    fs::remove_dir_all(root.0.join("sys")).unwrap();
    assert_eq!(root.nbft("connect"), (3, "nbft: /sys/firmware/acpi/tables: no NBFT\n".into()));
}

#[test]
fn a_machine_that_boots_from_its_own_disk_keeps_its_network_to_itself() {
    let said = "nbft: nothing of the NBFT was connected when this system started: its network and its targets are left alone\n";
    let root = Root::new("stay").with_table("firmware/static4.bin");
    assert_eq!(root.nbft("connect --stay"), (3, said.into()), "no status at all");
    let path = "{\"nqn\": \"nqn.x\", \"traddr\": \"192.0.2.1\", \"trsvcid\": 4420, \"host_iface\": \"nbft0\", \"host_traddr\": null,
        \"ssns\": [], \"unavailable\": false, \"state\": \"failed\", \"controller\": null, \"attempts\": 3, \"reason\": \"refused\",
        \"connected_ms\": null}";
    let status = format!(
        "{{\"version\": 1, \"written_by\": \"nbft\", \"tables\": [], \"hostnqn\": null, \"hostid\": null, \"outcome\": \"failed\",
        \"message\": \"\", \"elapsed_ms\": 1, \"started_uptime_ms\": 1, \"interfaces\": [], \"paths\": [{path}],
        \"namespaces\": [], \"left_out\": []}}"
    );
    let root = root.with("run/nbft/status.json", &status);
    let (code, stderr) = root.nbft("status");
    assert_eq!((code, stderr.as_str()), (1, ""), "the status can be read");
    assert_eq!(root.nbft("connect --stay"), (3, said.into()), "a path that failed");
    // A table by which nothing can be connected is no failure of the service either.
    let nobody = testdata("rules/host-missing.nbft");
    fs::copy(nobody, root.0.join("sys/firmware/acpi/tables/NBFT")).unwrap();
    let (code, stderr) = root.nbft("connect");
    assert!(code == 1 && stderr.contains("no usable host NQN"), "{stderr}");
    fs::write(root.0.join("run/nbft/status.json"), &status).unwrap();
    assert_eq!(root.nbft("connect --stay"), (3, said.into()), "no host identity");
}

#[test]
fn no_such_file() {
    let (code, stderr) = Root::new("file").nbft("plan --nbft-path /no/such/file");
    assert_eq!(code, 1);
    assert!(stderr.starts_with("nbft: /no/such/file: ") && stderr.contains("No such file"), "{stderr}");
}

#[test]
fn not_an_nbft() {
    let root = Root::new("noise")
        .with("sys/firmware/acpi/tables/NBFT", "noise of sixty-four bytes and more, in which there is no table at all");
    let (code, stderr) = root.nbft("plan");
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("nbft: /sys/firmware/acpi/tables/NBFT: ") && stderr.contains("it begins with"),
        "{stderr}"
    );
    let (code, stderr) = root.nbft("connect");
    assert_eq!(code, 1);
    assert!(stderr.contains("nbft: no NBFT could be read: NBFT: "), "{stderr}");
}

#[test]
fn wrong_options() {
    let root = Root::new("options").with_table("firmware/static4.bin");
    assert_eq!(root.nbft("connect --timeout many").0, 2);
    for (words, expected) in [
        ("connect --timeout 0", "a timeout is a whole number of seconds from 1 to 4294967295"),
        ("plan --hostid 123", "\"123\" is not a UUID (8-4-4-4-12 hex digits)"),
    ] {
        let (code, stderr) = root.nbft(words);
        assert!(code == 2 && stderr.contains(expected), "{words}: {code} {stderr}");
    }
}

#[test]
fn nothing_to_connect() {
    let root = Root::new("empty").with_table("tables/host-only.nbft");
    let expected = "nbft: the NBFT names no subsystem: there is nothing to connect\n";
    assert_eq!(root.nbft("connect"), (3, expected.into()));
    assert_eq!(root.nbft("status").0, 3);
}

#[test]
fn switched_off() {
    let root = Root::new("off").with_table("firmware/static4.bin").with("proc/cmdline", "rd.nvmf.nonbft=1\n");
    let expected = "nbft: rd.nvmf.nonbft on the kernel's command line: the NBFT is left alone\n";
    assert_eq!(root.nbft("connect"), (3, expected.into()));
}

#[test]
fn several_paths_without_multipath() {
    let root = Root::new("multipath").with_table("firmware/mpath4.bin").with("proc/cmdline", "nvme_core.multipath=N\n");
    let output = Command::new(env!("CARGO_BIN_EXE_nbft")).arg("plan").arg("--root").arg(&root.0).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let note = "  nvme_core.multipath is off: each of the 2 paths to uuid cc3f2135-f931-4569-baea-0eee7113a521 is a disk of its \
                own, and what is mounted from one does not move to another";
    assert!(text.lines().any(|line| line == note), "{text}");
}

#[test]
fn no_nic_for_an_hfi() {
    in_namespace("no_nic_for_an_hfi", || {
        let root = Root::new("nic")
            .with_table("firmware/static4.bin")
            .with("sys/module/nvme_tcp/refcnt", "")
            .with("dev/nvme-fabrics", "");
        let (code, stderr) = root.nbft("connect --timeout 1");
        assert_eq!(code, 1);
        let expected = "nbft: nbft0: waiting for the NIC with MAC 52:54:00:00:0a:02\n\
            nbft: the budget of 1 s is spent\n\
            nbft: nbft0 (MAC 52:54:00:00:0a:02): waiting for the NIC (no interface with this MAC address is there)\n\
            nbft: 0 of 1 paths up, missing: uuid cc3f2135-f931-4569-baea-0eee7113a521 of \
            nqn.2014-08.org.nvmexpress:uuid:00112233-4455-6677-8899-aabbccddeeff (192.0.2.1 port 4420: nbft0: waiting for \
            the NIC (no interface with this MAC address is there))\n";
        assert_eq!(stderr, expected);
        let (code, stdout) = root.nbft("status");
        assert_eq!((code, stdout), (1, String::new()));
    });
}

#[test]
fn no_driver() {
    in_namespace("no_driver", || {
        let (code, stderr) = Root::new("driver").with_table("firmware/static4.bin").nbft("connect --timeout 5");
        assert_eq!(code, 1);
        let reason = "the kernel module nvme-tcp is not loaded and modprobe is not here";
        assert!(stderr.starts_with(&format!("nbft: {reason}\n")), "{stderr}");
    });
}

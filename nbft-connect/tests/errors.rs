//! Bad input gets a clear sentence on standard error and the exit code that the manual names.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::in_namespace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn testdata(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(file)
}

/// A root directory for one test.
struct Root(PathBuf, #[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir);

impl Root {
    fn new(name: &str) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("nbft-errors-{name}-")).tempdir().unwrap();
        let root = directory.path().to_owned();
        fs::create_dir_all(root.join("sys/firmware/acpi/tables")).unwrap();
        fs::create_dir_all(root.join("proc")).unwrap();
        fs::write(root.join("proc/cmdline"), "quiet\n").unwrap();
        Self(root, directory)
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

/// A status file in which one path has been up, or none.
fn status(connected_ms: &str, service: u32) -> String {
    format!(
        "{{\"version\": 1, \"written_by\": \"nbft\", \"tables\": [], \"hostnqn\": null, \"hostid\": null, \"outcome\": \"failed\",
        \"message\": \"\", \"elapsed_ms\": 1, \"started_uptime_ms\": 1, \"interfaces\": [], \"paths\": [{{\"nqn\": \"nqn.x\",
        \"traddr\": \"192.0.2.1\", \"trsvcid\": 4420, \"host_iface\": \"nbft0\", \"host_traddr\": null, \"ssns\": [],
        \"unavailable\": false, \"state\": \"failed\", \"controller\": null, \"attempts\": 3, \"reason\": null,
        \"connected_ms\": {connected_ms}}}], \"namespaces\": [], \"left_out\": [], \"service\": {service}}}"
    )
}

/// Beyond the decision whether it may start, the service fails here: there is no driver.
const GOES_ON: &str = "the kernel module nvme-tcp is not loaded";

#[test]
fn what_was_connected_at_boot_is_not_forgotten() {
    in_namespace("what_was_connected_at_boot_is_not_forgotten", || {
        let root = Root::new("boot").with_table("firmware/static4.bin").with("run/nbft/status.json", &status("12", 0));
        let file = root.0.join("run/nbft/status.json");
        // The first start finds the path of the boot, and leaves a status in which none was up: as in an outage.
        for start in ["first", "second", "third"] {
            let (code, stderr) = root.nbft("connect --stay");
            assert!(code == 1 && stderr.contains(GOES_ON), "{start}: {code} {stderr}");
            assert!(!fs::read_to_string(&file).unwrap().contains("\"connected_ms\": 12"), "{start}");
        }
        // Nor does it hang on that file, whatever is in its place.
        for text in ["", "{", "\u{0}\u{0}"] {
            fs::write(&file, text).unwrap();
            let (code, stderr) = root.nbft("connect --stay");
            let said = "nbft: /run/nbft/status.json: not a status file: ";
            assert!(code == 1 && stderr.contains(GOES_ON) && stderr.starts_with(said), "{text:?}: {code} {stderr}");
        }
        fs::remove_file(&file).unwrap();
        assert!(root.nbft("connect --stay").1.contains(GOES_ON), "no file");
        fs::remove_file(root.0.join("run/nbft/connected")).unwrap();
        fs::write(&file, status("null", 0)).unwrap();
        assert_eq!(root.nbft("connect --stay").0, 3, "nothing was connected");
    });
}

#[test]
fn a_status_file_that_cannot_be_read_is_no_reason_to_end_for_good() {
    let root = Root::new("broken").with_table("firmware/static4.bin");
    fs::create_dir_all(root.0.join("run/nbft")).unwrap();
    let file = root.0.join("run/nbft/status.json");
    let not_known = "nbft: whether anything of the NBFT was connected when this system started is not known\n";
    let broken = |why: &str| {
        let (code, stderr) = root.nbft("connect --stay");
        let said = format!("nbft: /run/nbft/status.json: {why}");
        assert!(code == 1 && stderr.starts_with(&said) && stderr.ends_with(not_known), "{why}: {code} {stderr}");
        let (code, stderr) = root.nbft("status");
        assert!(code == 1 && stderr.starts_with(&said), "{why}: {code} {stderr}");
        fs::remove_file(&file).unwrap();
    };
    fs::write(&file, "").unwrap();
    broken("not a status file: it is empty");
    fs::write(&file, &status("12", 0)[..200]).unwrap();
    broken("not a status file: it ends too early");
    nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap();
    broken("it is no regular file");
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    broken("it is no regular file");
    fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
    broken("it has more than 16777216 bytes");
}

/// A process that does not outlive the test.
struct Started(std::process::Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn one_process_writes_the_status() {
    in_namespace("one_process_writes_the_status", || {
        let root = Root::new("lock").with_table("firmware/static4.bin");
        let root = root.with("sys/module/nvme_tcp/refcnt", "").with("dev/nvme-fabrics", "");
        let file = root.0.join("run/nbft/status.json");
        let start = |words: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_nbft"));
            command.args(words).arg("--root").arg(&root.0).env("PATH", "/nonexistent").env_remove("NOTIFY_SOCKET");
            Started(command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap())
        };
        let until = |found: &dyn Fn() -> bool| {
            let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while !found() {
                assert!(std::time::Instant::now() < end, "in time");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        };
        fs::create_dir_all(root.0.join("run/nbft")).unwrap();
        fs::write(&file, status("12", 0)).unwrap();
        let service = start(&["connect", "--stay"]);
        let of_service = format!("\"service\": {}", service.0.id());
        until(&|| fs::read_to_string(&file).unwrap().contains(&of_service));
        let has_it =
            format!("nbft: process {} has /run/nbft/lock: it writes the status, this one does not\n", service.0.id());
        // By hand beside it: it does its work, and the status stays the service's.
        let (code, stderr) = root.nbft("connect --timeout 1");
        assert!(code == 1 && stderr.contains(&has_it) && stderr.contains("timed out after 1 s"), "{code} {stderr}");
        assert!(fs::read_to_string(&file).unwrap().contains(&of_service));
        // A second service ends, and not for good.
        let second =
            format!("nbft: process {} is nbft connect --stay already: there is one for a machine\n", service.0.id());
        let (code, stderr) = root.nbft("connect --stay");
        assert_eq!((code, stderr), (1, has_it + &second));
        // Killed, it leaves no lock: the next one takes it.
        drop(service);
        let hand = start(&["connect", "--timeout", "60"]);
        until(&|| !fs::read_to_string(&file).unwrap().contains(&of_service));
        let (code, stderr) = root.nbft("connect --timeout 1");
        assert!(
            code == 1 && stderr.contains(&format!("process {} has /run/nbft/lock", hand.0.id())),
            "{code} {stderr}"
        );
        // The service does not end for one that does.
        let mut service = start(&["connect", "--stay"]);
        std::thread::sleep(std::time::Duration::from_secs(1));
        drop(hand);
        let of_service = format!("\"service\": {}", service.0.id());
        until(&|| fs::read_to_string(&file).unwrap().contains(&of_service));
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(service.0.id() as i32), nix::sys::signal::SIGTERM).unwrap();
        assert!(service.0.wait().unwrap().success());
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&of_service) && text.contains("\"connected_ms\": null"), "{text}");
        let mut names: Vec<_> =
            fs::read_dir(root.0.join("run/nbft")).unwrap().flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, ["connected", "hostid", "hostnqn", "lock", "status.json"]);
    });
}

#[test]
fn two_at_once_tear_no_status_and_follow_no_link() {
    // Each run ends at once, and writes why.
    let root = Root::new("two").with("sys/firmware/acpi/tables/NBFT", "junk").with("run/nbft/victim", "mine");
    let run = root.0.join("run/nbft");
    for name in ["status.new", "status.json.new", ".status.json.new"] {
        std::os::unix::fs::symlink(run.join("victim"), run.join(name)).unwrap();
    }
    assert_eq!(root.nbft("connect").0, 1);
    let ended = std::sync::atomic::AtomicUsize::new(0);
    let all_ended = || ended.load(std::sync::atomic::Ordering::Relaxed) == 2;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..300 {
                    let (code, stderr) = root.nbft("connect");
                    let said = |line: &str| {
                        line.contains("NBFT") || line.contains(" has /run/nbft/lock: it writes the status")
                    };
                    assert!(
                        code == 1 && stderr.lines().all(said) && !stderr.contains("status.json"),
                        "{code} {stderr}"
                    );
                }
                ended.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            });
        }
        while !all_ended() {
            let text = fs::read(run.join("status.json")).unwrap();
            let status: serde_json::Value = serde_json::from_slice(&text).expect("whole");
            assert_eq!(status["outcome"], "failed");
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
    });
    assert_eq!(fs::read_to_string(run.join("victim")).unwrap(), "mine");
    let mut names: Vec<_> = fs::read_dir(&run).unwrap().flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, [".status.json.new", "lock", "status.json", "status.json.new", "status.new", "victim"]);
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
    let output = Command::new(env!("CARGO_BIN_EXE_nbft"))
        .args(["plan", "--root"])
        .arg(&root.0)
        .env("COLUMNS", "200")
        .output()
        .unwrap();
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
            nbft: timed out after 1 s\n\
            nbft: nbft0 (MAC 52:54:00:00:0a:02): waiting for the NIC (no interface with this MAC address is there)\n\
            nbft: 0 of 1 paths up, missing boot namespace: uuid cc3f2135-f931-4569-baea-0eee7113a521 of \
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
        let reason = "the kernel module nvme-tcp is not loaded, and modprobe is missing";
        assert!(stderr.starts_with(&format!("nbft: {reason}\n")), "{stderr}");
    });
}

//! A systemd-networkd in a test's namespace.

use super::ip;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const NETWORKD: &str = "/usr/lib/systemd/systemd-networkd";

pub(crate) const DIRECTORY: &str = "/run/systemd/network";

/// How long networkd may take; nobody waits for it.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A networkd of its own, with what an administrator may have for every interface.
pub(crate) struct Networkd {
    daemon: Running,
    monitor: Running,
}

impl Networkd {
    /// Without udev networkd waits for none; a sysfs that cannot be written tells it so.
    pub(crate) fn prepare() {
        run("mount", &["-t", "tmpfs", "none", "/run"]);
        run("mount", &["-t", "sysfs", "-o", "ro", "sysfs", "/sys"]);
        fs::create_dir_all(DIRECTORY).unwrap();
        fs::create_dir_all("/run/test").unwrap();
        fs::write(format!("{DIRECTORY}/10-all.network"), "[Match]\nName=*\n[Network]\nDHCP=yes\n").unwrap();
    }

    pub(crate) fn start() -> Self {
        let mut monitor = Command::new("ip");
        monitor.args(["monitor", "link", "address", "route", "rule"]);
        let monitor = monitor.stdout(Stdio::piped()).spawn().map(Running).unwrap();
        let log = fs::File::create("/run/test/log").unwrap();
        let daemon = Command::new(NETWORKD).env("SYSTEMD_LOG_TARGET", "console").stderr(log).spawn().map(Running);
        Self { daemon: daemon.unwrap(), monitor }
    }

    /// Waits until it has come to this conclusion on nbft0, by the file of ours that it goes by.
    pub(crate) fn concludes(&self, state: &str) {
        let index = ip("-o link show nbft0").split(':').next().unwrap().to_owned();
        let state_file = format!("/run/systemd/netif/links/{index}");
        let started = Instant::now();
        loop {
            let found = fs::read_to_string(&state_file).unwrap_or_default();
            if found.contains(&format!("ADMIN_STATE={state}\n")) {
                // Of what it leaves alone it does not tell the file; by the catch-all it would not.
                let file = format!("NETWORK_FILE={DIRECTORY}/05-nbft0.network\n");
                assert!(state == "unmanaged" || found.contains(&file), "{found}");
                return;
            }
            assert!(started.elapsed() < LIMIT, "{found}\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it. Nothing may have been taken away, and all that we wrote understood.
    pub(crate) fn end(mut self) {
        drop(self.daemon);
        self.monitor.0.kill().unwrap();
        let mut seen = String::new();
        std::io::Read::read_to_string(self.monitor.0.stdout.as_mut().unwrap(), &mut seen).unwrap();
        // A connected route whose metric changes is there with the new one before the old one goes.
        let mut added = Vec::new();
        for line in seen.lines().map(str::trim).filter(|line| line.contains("nbft0") || line.contains("192.0.2.2")) {
            assert!(!line.contains("state DOWN"), "taken down: {line}\n{seen}");
            match line.strip_prefix("Deleted ") {
                None => added.push(line.to_owned()),
                Some(gone) => {
                    assert!(added.contains(&gone.replace(" metric 500", "")), "taken away: {gone}\n{seen}");
                }
            }
        }
        let ours = format!("{DIRECTORY}/05-nbft");
        let complaints: Vec<_> = log().lines().filter(|line| line.starts_with(&ours)).map(str::to_owned).collect();
        assert_eq!(complaints, Vec::<String>::new(), "what networkd does not understand");
    }
}

pub(crate) fn log() -> String {
    fs::read_to_string("/run/test/log").unwrap_or_default()
}

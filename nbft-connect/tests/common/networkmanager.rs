//! A NetworkManager with a message bus of its own in a test's namespace.

use super::networkd::{Running, run};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const NETWORKMANAGER: &str = "/usr/sbin/NetworkManager";

/// Where it looks for profiles.
pub(crate) const PROFILES: &str = "/etc/NetworkManager/system-connections";

const CONFIG: &str = "/run/test/nm.conf";

/// How long it may take; nobody waits for it.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct NetworkManager {
    _daemon: Running,
    _bus: Running,
}

impl NetworkManager {
    /// Without udev it waits for none; a sysfs that cannot be written tells it so.
    pub(crate) fn prepare() {
        run("mount", &["-t", "tmpfs", "none", "/run"]);
        run("mount", &["-t", "sysfs", "-o", "ro", "sysfs", "/sys"]);
        for directory in ["/etc/NetworkManager", "/var/lib/NetworkManager"] {
            run("mount", &["-t", "tmpfs", "none", directory]);
        }
        for directory in ["/run/dbus", "/run/test", "/run/NetworkManager/conf.d", PROFILES] {
            fs::create_dir_all(directory).unwrap();
        }
    }

    pub(crate) fn start() -> Self {
        Self::with_config("dns=none\n")
    }

    /// With this in its main section.
    pub(crate) fn with_config(main: &str) -> Self {
        let config = format!("[main]\nplugins=keyfile\ndhcp=internal\nno-auto-default=*\n{main}");
        fs::write(CONFIG, config).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--system", "--nofork", "--nopidfile"]).stdout(Stdio::null()).stderr(Stdio::null());
        let bus = Running(bus.spawn().expect("dbus-daemon (package dbus-daemon)"));
        let started = Instant::now();
        while !fs::exists("/run/dbus/system_bus_socket").unwrap() {
            assert!(started.elapsed() < LIMIT, "no message bus");
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = fs::File::create("/run/test/nm").unwrap();
        let mut daemon = Command::new(NETWORKMANAGER);
        daemon.args(["--no-daemon", "--config", CONFIG]).stdout(Stdio::null()).stderr(log);
        Self { _daemon: Running(daemon.spawn().unwrap()), _bus: bus }
    }

    /// Waits until its file of a link has this line.
    pub(crate) fn says(&self, link: u32, wanted: &str) {
        let file = format!("/run/NetworkManager/devices/{link}");
        let started = Instant::now();
        loop {
            let found = fs::read_to_string(&file).unwrap_or_default();
            if found.lines().any(|line| line == wanted) {
                return;
            }
            let log = fs::read_to_string("/run/test/nm").unwrap_or_default();
            assert!(started.elapsed() < LIMIT, "no {wanted} in {found}\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

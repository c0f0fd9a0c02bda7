//! Network namespaces that a test makes itself.

// Each test file uses its own part of this.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod dhcp;
pub(crate) mod far;
pub(crate) mod granting;
pub(crate) mod hostile;
pub(crate) mod net;
pub(crate) mod networkd;
pub(crate) mod networkmanager;
pub(crate) mod soak;

use std::process::{Command, Stdio};

/// Says that `cargo test` runs inside the namespace already.
const INSIDE: &str = "NBFT_TEST_NAMESPACE";

/// Runs `inside` in a network namespace of its own, in a process of its own. Without root, a user namespace makes that possible; where
/// the kernel has none either, the test fails and says why.
#[allow(clippy::print_stderr)]
pub(crate) fn in_namespace(test: &str, inside: fn()) {
    if std::env::var(INSIDE).is_ok_and(|name| name == test) {
        ip("link set lo up");
        return inside();
    }
    let me = std::env::current_exe().expect("the test's own path");
    let root = nix::unistd::geteuid().is_root();
    let user: &[&str] = if root { &[] } else { &["--user", "--map-root-user"] };
    let output = Command::new("unshare")
        .args(user)
        .args(["--net", "--mount", "--"])
        .arg(me)
        .args(["--exact", test, "--include-ignored", "--nocapture", "--test-threads=1"])
        .env(INSIDE, test)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("unshare (package util-linux): {error}"));
    let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let hint = " (if it may make no namespace: run the tests as root, or leave this one out by --skip)";
    let hint = if root { "" } else { hint };
    assert!(output.status.success(), "{test} in its namespace: {}{hint}\n{said}{complained}", output.status);
    // What it says of itself is for whoever asks for it.
    eprint!("{complained}");
}

/// Runs `ip` with these words.
pub(crate) fn ip(words: &str) -> String {
    let output = Command::new("ip").args(words.split_whitespace()).output().expect("ip (package iproute2)");
    assert!(output.status.success(), "ip {words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text from ip")
}

/// The lines of `ip`, each with single spaces, sorted.
pub(crate) fn ip_lines(words: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        ip(words).lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.sort();
    lines
}

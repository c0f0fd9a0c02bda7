//! Network namespaces that a test makes itself.

// Each test file uses its own part of this.
#![allow(dead_code, clippy::print_stderr, clippy::unwrap_used)]

pub(crate) mod dhcp;
pub(crate) mod far;
pub(crate) mod granting;
pub(crate) mod net;

use std::process::{Command, Stdio};

/// Says that `cargo test` runs inside the namespace already.
const INSIDE: &str = "NBFT_TEST_NAMESPACE";

/// Runs `inside` in a network namespace of its own, in a process of its own. Says aloud when that cannot be; under CI that
/// is a failure.
pub(crate) fn in_namespace(test: &str, inside: fn()) {
    if std::env::var(INSIDE).is_ok_and(|name| name == test) {
        ip("link set lo up");
        return inside();
    }
    let me = std::env::current_exe().expect("the test's own path");
    let run = Command::new("unshare")
        .args(["--net", "--mount", "--"])
        .arg(me)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, test)
        .stdin(Stdio::null())
        .output();
    let (root, ci) = (nix::unistd::geteuid().is_root(), std::env::var_os("CI").is_some());
    match run {
        Ok(output) if output.status.success() => {
            // What it says of itself is for whoever asks for it.
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output) if root || ci => panic!(
            "{test} in its namespace: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) if ci => panic!("unshare: {error}"),
        _ => eprintln!("SKIPPED {test}: network namespaces need root and unshare"),
    }
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

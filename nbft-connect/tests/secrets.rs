//! Secrets are nowhere where every user can see them: not among the arguments or in the environment of a process.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::in_namespace;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const SECRET: &str = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";

/// A root directory for one test.
struct Root(PathBuf, #[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir);

impl Root {
    fn new(name: &str) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("nbft-secrets-{name}-")).tempdir().unwrap();
        let root = directory.path().to_owned();
        fs::create_dir_all(root.join("sys/firmware/acpi/tables")).unwrap();
        let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/tables/security.nbft");
        fs::copy(table, root.join("sys/firmware/acpi/tables/NBFT")).unwrap();
        Self(root, directory)
    }

    /// A file that none but root can write or read; the directories above it are as they must be.
    fn with(self, file: &str, text: &str, mode: u32) -> Self {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for directory in path.ancestors().skip(1).take_while(|directory| **directory != self.0) {
            fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
        }
        self
    }

    /// A program that notes its arguments and its environment in `shown`, and then does this.
    fn with_program(self, file: &str, script: &str) -> Self {
        let shown = self.0.join("shown").display().to_string();
        let note = |what: &str| format!("/usr/bin/tr '\\0' '\\n' < /proc/$$/{what} >> '{shown}'");
        let (arguments, environment) = (note("cmdline"), note("environ"));
        self.with(file, &format!("#!/bin/sh\n{arguments}\n{environment}\n{script}\n"), 0o755)
    }

    fn shown(&self) -> String {
        fs::read_to_string(self.0.join("shown")).unwrap_or_default()
    }

    fn nbft(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_nbft"))
            .args(words)
            .arg("--root")
            .arg(&self.0)
            .env("PATH", self.0.join("bin"))
            .env("CREDENTIALS_DIRECTORY", "/run/credentials/nbft")
            .env_remove("JOURNAL_STREAM")
            .env_remove("NOTIFY_SOCKET")
            .output()
            .unwrap()
    }
}

#[test]
fn no_child_gets_a_secret() {
    in_namespace("no_child_gets_a_secret", || {
        let root = Root::new("children")
            .with("run/credentials/nbft/nbft.dhchap-secret", SECRET, 0o600)
            .with("run/credentials/nbft/nbft.redfish-user", "operator", 0o600)
            .with("run/credentials/nbft/nbft.redfish-password", "hunter2", 0o600)
            .with_program("bin/modprobe", "/bin/sleep 1; exit 1")
            .with_program("etc/nbft/key-command", &format!("echo '{PSK}'"))
            .with_program("usr/libexec/nbft-redfish", "exit 1");
        let output = root.nbft(&["connect", "--timeout", "3", "-v"]);
        let shown = root.shown();
        // It is there, so that the file says what a program gets.
        assert!(shown.contains("bin/modprobe\n-q\nnvme-tcp\n"), "{shown}");
        assert!(shown.contains("/etc/nbft/key-command\ntls-psk\n"), "{shown}");
        let status = fs::read_to_string(root.0.join("run/nbft/status.json")).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        for text in [shown, status, said] {
            for secret in ["AAECAwQF", "VRLbtnN9", "hunter2", "DHHC-1", "NVMeTLSkey-1"] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    });
}

#[test]
fn no_key_is_taken_as_an_argument() {
    let root = Root::new("argument");
    for key in [SECRET, PSK, "DHHC-1:00:AAECAwQF"] {
        let output = root.nbft(&["check-key", key]);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
        let expected = "nbft: a key is not taken as an argument, which every user can see: give it on standard input, with - in its \
                        place\n";
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    }
}

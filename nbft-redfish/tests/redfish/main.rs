//! `nbft-redfish` against services that speak HTTPS.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

#[path = "../../../nbft-connect/tests/common/mod.rs"]
mod common;

mod client;
mod emulator;
mod host_interface;
mod secrets;
mod service;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

const HOST: &str = "nqn.2014-08.org.nvmexpress:uuid:0a5bb1f2-4c1d-4b57-9c41-1f7a3c0de001";
const SUBSYSTEM: &str = "nqn.2026-11.net.example:root";
const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
const SECRET: &str = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
const OTHER: &str = "DHHC-1:00:3YaRgz7dm5orkPodaAT7eoxCjyubG2atf8YR1MJrznilSjTs:";

#[test]
fn the_manual_names_every_option() {
    use clap::CommandFactory;
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../man/nbft-redfish.8");
    let page = fs::read_to_string(page).unwrap().replace('\\', "");
    for argument in nbft_redfish::Args::command().get_arguments() {
        let name = match argument.get_long() {
            Some(long) => format!("--{long}"),
            None => argument.get_id().as_str().to_uppercase(),
        };
        assert!(page.contains(&name), "{name}");
    }
}

/// Where the keys are, with three of them: of the host, of the subsystem, and a PSK for both.
const COLLECTION: &str = "/redfish/v1/KeyService/NVMeoFSecrets";

/// A line of what is printed: for a subsystem, or for every one.
fn line(name: &str, subsystem: Option<&str>, key: &str) -> String {
    let subsystem = subsystem.map(|nqn| format!(r#""subsystem":"{nqn}","#)).unwrap_or_default();
    format!("{{\"name\":\"{name}\",{subsystem}\"key\":\"{key}\"}}\n")
}

/// What is printed of them. The subsystem's is paired with the host's.
fn lines() -> String {
    let of = Some(SUBSYSTEM);
    let host = line("dhchap-secret", None, SECRET) + &line("dhchap-secret", of, SECRET);
    host + &line("dhchap-ctrl-secret", of, OTHER) + &line("tls-psk", of, PSK)
}

/// A key of the collection, as the schema has it.
fn key(id: &str) -> Option<serde_json::Value> {
    let (nqn, protocol, host_key, key) = match id {
        "Host" => (HOST, "DHHC", None, SECRET),
        "Target" => (SUBSYSTEM, "DHHC", Some("Host"), OTHER),
        "Psk" => (SUBSYSTEM, "TLS_PSK", None, PSK),
        _ => return None,
    };
    let mut resource = serde_json::json!({
        "@odata.id": format!("{COLLECTION}/{id}"),
        "@odata.type": "#Key.v1_4_1.Key",
        "Id": id,
        "Name": format!("Key {id}"),
        "KeyType": "NVMeoF",
        "KeyString": key,
        "NVMeoF": {"NQN": nqn, "SecurityProtocolType": protocol, "SecureHashAllowList": ["SHA256"]},
    });
    if let Some(host_key) = host_key {
        resource["NVMeoF"]["HostKeyId"] = host_key.into();
    }
    Some(resource)
}

/// A collection with these members.
fn collection(ids: &[&str]) -> serde_json::Value {
    let members: Vec<_> = ids.iter().map(|id| serde_json::json!({"@odata.id": format!("{COLLECTION}/{id}")})).collect();
    serde_json::json!({
        "@odata.id": COLLECTION,
        "@odata.type": "#KeyCollection.KeyCollection",
        "Name": "NVMe-oF keys",
        "Members@odata.count": ids.len(),
        "Members": members,
    })
}

/// A root with the settings of one test.
struct Root(PathBuf, #[expect(dead_code)] tempfile::TempDir);

impl Root {
    fn new(name: &str) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("nbft-redfish-{name}-")).tempdir().unwrap();
        let root = directory.path().to_owned();
        fs::create_dir_all(root.join("etc/nbft/redfish")).unwrap();
        fs::set_permissions(root.join("etc/nbft/redfish"), fs::Permissions::from_mode(0o755)).unwrap();
        Self(root, directory)
    }

    fn with(self, setting: &str, text: &str) -> Self {
        let file = self.0.join("etc/nbft/redfish").join(setting);
        fs::write(&file, text).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn with_user(self) -> Self {
        self.with("user", "operator\n").with("password", "pass:word\n")
    }

    /// Status, standard output and standard error of `nbft-redfish --print KEYPATH HOSTNQN`.
    fn fetch(&self, keypath: &str) -> (i32, String, String) {
        self.run(&["--print", keypath, HOST])
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nbft-redfish"));
        let output =
            command.arg("--root").arg(&self.0).args(words).env_remove("CREDENTIALS_DIRECTORY").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&*self.0.to_string_lossy(), "");
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

/// The line for a program that has no key.
fn failed(kind: &str) -> String {
    format!("{{\"failed\":\"redfish-{kind}\"}}\n")
}

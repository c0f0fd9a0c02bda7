//! Tests of key texts, and of the places where keys are found.

mod tls;

use super::{Keys, Kind, MalformedKey, Secret, key_name};
use crate::output::mask;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::TempDir;

/// Made by nvme-cli 2.13: `nvme gen-dhchap-key --hmac=HH --key-length=LENGTH --secret=000102…` for the first three, for the rest also
/// `--nqn=nqn.2014-08.org.nvmexpress:uuid:5a0e3c2d-1b4f-4e6a-9c8d-7f6e5d4c3b2a`; `nvme gen-tls-key --hmac=HH --secret=000102…`.
const KNOWN: [(&str, &str); 8] = [
    ("DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:", "a DH-HMAC-CHAP secret of 32 bytes, used as it is"),
    (
        "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vcSEgBQ==:",
        "a DH-HMAC-CHAP secret of 48 bytes, used as it is",
    ),
    (
        "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P4zODhA=:",
        "a DH-HMAC-CHAP secret of 64 bytes, used as it is",
    ),
    (
        "DHHC-1:01:P4k/47Ih71FX6CavHVL9zDeCbJ0jaokInL28ACRat/Epq7n3:",
        "a DH-HMAC-CHAP secret of 32 bytes, transformed with SHA-256",
    ),
    (
        "DHHC-1:02:BdYWn+NjDfOzIQMja1PqXmCNLg4KBUxLykMERDHd0Etayw27y2/pa8UsUkCLvVDwF0RktA==:",
        "a DH-HMAC-CHAP secret of 48 bytes, transformed with SHA-384",
    ),
    (
        "DHHC-1:03:Z4PeZiOFMcaWzF44RJzuPx3JUF0uYbzFZC0tsJzQbzuEoyGf6DEqF4mr9nLYnEUVUB7HnVl2bp7NeMeKOm5mLra8cpc=:",
        "a DH-HMAC-CHAP secret of 64 bytes, transformed with SHA-512",
    ),
    (
        "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:",
        "a TLS PSK of 32 bytes, retained with SHA-256, for TLS_AES_128_GCM_SHA256",
    ),
    (
        "NVMeTLSkey-1:02:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vcSEgBQ==:",
        "a TLS PSK of 48 bytes, retained with SHA-384, for TLS_AES_256_GCM_SHA384",
    ),
];

const HOST: &str = "nqn.2014-08.org.example:h";
const SUBSYSTEM: &str = "nqn.2014-08.org.example:s";

#[test]
fn keys_that_nvme_cli_makes() {
    for (text, what) in KNOWN {
        let key = Secret::parse(&format!(" {text}\r\n")).unwrap();
        assert_eq!((key.to_string().as_str(), key.expose()), (what, text));
        assert_eq!(key.kind() == Kind::TlsPsk, text.starts_with("NVMe"));
        assert_eq!(format!("{key:?}"), "Secret(***)");
    }
}

#[test]
fn each_malformed_key_has_its_error() {
    let good = KNOWN[0].0;
    // The first character of the key is wrong.
    let typing_error = good.replacen("AAEC", "BAEC", 1);
    let cases = [
        ("", MalformedKey::Empty),
        (" \n", MalformedKey::Empty),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", MalformedKey::Prefix),
        (&good.replace("DHHC-1", "DHHC-2"), MalformedKey::Prefix),
        (&good.to_lowercase(), MalformedKey::Prefix),
        ("DHHC-1:", MalformedKey::HashForm),
        ("DHHC-1::AAAA:", MalformedKey::HashForm),
        (&good.replace(":00:", ":0:"), MalformedKey::HashForm),
        (&good.replace(":00:", ":+0:"), MalformedKey::HashForm),
        (&good.replace(":00:", ":04:"), MalformedKey::Hash(4, "00, 01, 02 and 03")),
        (&KNOWN[6].0.replace(":01:", ":03:"), MalformedKey::Hash(3, "00, 01 and 02")),
        (good.trim_end_matches(':'), MalformedKey::End),
        (&format!("{good} and more"), MalformedKey::Trailing),
        (&format!("{good}\n{good}"), MalformedKey::Trailing),
        (&good.replace("Hh+K", "Hh-K"), MalformedKey::Base64),
        (&good.replace("Hh+K", "Hh K"), MalformedKey::Base64),
        (&KNOWN[1].0.replace("==", ""), MalformedKey::Base64),
        ("DHHC-1:00::", MalformedKey::Length(0, 0, "32, 48 or 64")),
        ("DHHC-1:01:AAAA:", MalformedKey::Length(0, 1, "32")),
        (&KNOWN[0].0.replace(":00:", ":02:"), MalformedKey::Length(32, 2, "48")),
        (&KNOWN[1].0.replace(":00:", ":03:"), MalformedKey::Length(48, 3, "64")),
        (&KNOWN[2].0.replace("DHHC-1", "NVMeTLSkey-1"), MalformedKey::Length(64, 0, "32 or 48")),
        (&good.replace("DA0O", &"DA0O".repeat(40)), MalformedKey::Length(149, 0, "32, 48 or 64")),
        (&typing_error, MalformedKey::Checksum),
        (&good.replace("KfiaR", "KfiaQ"), MalformedKey::Checksum),
    ];
    for (text, expected) in cases {
        let error = Secret::parse(text).unwrap_err();
        assert_eq!(error, expected, "{text}");
        assert!(!error.to_string().contains("AAEC"), "{error}");
    }
    assert_eq!(MalformedKey::Length(48, 3, "64").to_string(), "its key has 48 bytes; with hash 03 it must have 64");
}

#[test]
fn keys_in_texts_are_masked() {
    let [one, other] = [KNOWN[0].0, KNOWN[6].0];
    let text = format!("Invalid DH-CHAP secret {one}; dhchap_secret={one},tls={other} '{other}' end {one}");
    assert_eq!(mask(&text), "Invalid DH-CHAP secret *** dhchap_secret=***,tls=*** '***' end ***");
    assert_eq!(mask("no key: DHHC-2:"), "no key: DHHC-2:");
}

#[test]
fn file_names_are_safe_and_unique() {
    for (nqn, file, credential) in [
        (SUBSYSTEM, SUBSYSTEM, "nqn.2014-08.org.example%3As"),
        ("../../etc/x", "%2E.%2F..%2Fetc%2Fx", "%2E.%2F..%2Fetc%2Fx"),
        (".", "%2E", "%2E"),
        ("a%3Ab \u{e9}\u{0}", "a%253Ab%20%C3%A9%00", "a%253Ab%20%C3%A9%00"),
    ] {
        assert_eq!((key_name::file(nqn), key_name::credential(nqn)), (file.into(), credential.into()));
    }
}

/// A root directory for one test.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, file: &str, text: &str) -> PathBuf {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
        self.mode(file, 0o600);
        path
    }

    fn mode(&self, file: &str, mode: u32) {
        fs::set_permissions(self.path().join(file), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn keys(&self) -> Keys {
        Keys::new(self.path(), Some(self.path().join("run/credentials")), HOST)
    }

    /// The secrets of host and controller, or the error without the root's path.
    fn find(&self, nqn: &str) -> Result<Option<(String, Option<String>)>, String> {
        let found =
            self.keys().find(nqn, &[]).map_err(|error| error.to_string().replace(self.path().to_str().unwrap(), ""))?;
        let text = |secret: &Secret| secret.expose().to_owned();
        Ok(found.map(|secrets| (text(&secrets.host), secrets.controller.as_ref().map(text))))
    }
}

const OF_SUBSYSTEM: &str = "etc/nbft/keys/nqn.2014-08.org.example:h/nqn.2014-08.org.example:s/dhchap-secret";
const OF_HOST: &str = "etc/nbft/keys/nqn.2014-08.org.example:h/dhchap-secret";

#[test]
fn each_place_comes_before_the_next() {
    let root = Root::new();
    assert_eq!(root.find(SUBSYSTEM), Ok(None));
    let is = |key: usize| Ok(Some((KNOWN[key].0.to_owned(), None)));
    root.put(OF_HOST, KNOWN[0].0);
    assert_eq!((root.find(SUBSYSTEM), root.find("nqn.x:other")), (is(0), is(0)));
    root.put(OF_SUBSYSTEM, KNOWN[1].0);
    assert_eq!((root.find(SUBSYSTEM), root.find("nqn.x:other")), (is(1), is(0)));
    root.put("run/credentials/nbft.dhchap-secret", KNOWN[2].0);
    assert_eq!((root.find(SUBSYSTEM), root.find("nqn.x:other")), (is(2), is(2)));
    root.put("run/credentials/nbft.dhchap-secret.nqn.2014-08.org.example%3As", KNOWN[3].0);
    assert_eq!((root.find(SUBSYSTEM), root.find("nqn.x:other")), (is(3), is(2)));
    let other_host = Keys::new(root.path(), None, "nqn.x:other-host");
    assert!(other_host.find(SUBSYSTEM, &[]).unwrap().is_none());
}

#[test]
fn host_and_controller_secret_come_from_one_place() {
    let root = Root::new();
    root.put(&OF_HOST.replace("dhchap-secret", "dhchap-ctrl-secret"), KNOWN[3].0);
    let (controller, host) = (format!("/{}", OF_HOST.replace("secret", "ctrl-secret")), format!("/{OF_HOST}"));
    assert_eq!(
        root.find(SUBSYSTEM),
        Err(format!(
            "{controller} exists without {host}: the controller proves itself only to a host that does so too"
        ))
    );
    root.put(OF_HOST, KNOWN[0].0);
    assert_eq!(root.find(SUBSYSTEM), Ok(Some((KNOWN[0].0.into(), Some(KNOWN[3].0.into())))));
    root.put(OF_SUBSYSTEM, KNOWN[1].0);
    assert_eq!(root.find(SUBSYSTEM), Ok(Some((KNOWN[1].0.into(), None))));
}

#[test]
fn files_open_to_others_are_refused() {
    let root = Root::new();
    root.put(OF_HOST, KNOWN[0].0);
    root.put(OF_SUBSYSTEM, KNOWN[1].0);
    root.mode(OF_SUBSYSTEM, 0o640);
    let says = |path: &str, what: &str| Err(format!("/{path}: {what}"));
    let open = "others than root can read or write it (mode 0640), so it is not used; chmod 0600";
    assert_eq!(root.find(SUBSYSTEM), says(OF_SUBSYSTEM, open));
    root.mode(OF_SUBSYSTEM, 0o400);
    assert_eq!(root.find(SUBSYSTEM), Ok(Some((KNOWN[1].0.into(), None))));
    for directory in ["etc/nbft/keys", "etc/nbft/keys/nqn.2014-08.org.example:h"] {
        root.mode(directory, 0o775);
        let open = "others than root can write to it (mode 0775), so it is not used; chmod 0755";
        assert_eq!(root.find(SUBSYSTEM), says(directory, open));
        root.mode(directory, 0o755);
    }
    fs::remove_file(root.path().join(OF_SUBSYSTEM)).unwrap();
    symlink(root.path().join(OF_HOST), root.path().join(OF_SUBSYSTEM)).unwrap();
    assert_eq!(root.find(SUBSYSTEM), says(OF_SUBSYSTEM, "it is a symbolic link, which is not followed"));
    fs::remove_file(root.path().join(OF_SUBSYSTEM)).unwrap();
    nix::unistd::mkfifo(&root.path().join(OF_SUBSYSTEM), nix::sys::stat::Mode::S_IRUSR).unwrap();
    assert_eq!(root.find(SUBSYSTEM), says(OF_SUBSYSTEM, "it is not a regular file"));
}

#[test]
fn complaints_name_all_that_is_open_to_others() {
    let root = Root::new();
    let complaints = || super::complaints(root.path()).join("\n").replace(root.path().to_str().unwrap(), "");
    assert_eq!(complaints(), "");
    root.put(OF_SUBSYSTEM, KNOWN[0].0);
    root.put(OF_HOST, KNOWN[0].0);
    let host = "etc/nbft/keys/nqn.2014-08.org.example:h";
    for directory in ["etc/nbft/keys", host, &format!("{host}/nqn.2014-08.org.example:s")] {
        root.mode(directory, 0o755);
    }
    symlink("/nonexistent", root.path().join("etc/nbft/keys/link")).unwrap();
    for (name, mode) in [("ca", 0o644), ("password", 0o600), ("user", 0o600)] {
        root.put(&format!("etc/nbft/redfish/{name}"), "text");
        root.mode(&format!("etc/nbft/redfish/{name}"), mode);
    }
    root.mode("etc/nbft/redfish", 0o755);
    assert_eq!(complaints(), "");
    root.mode("etc/nbft/redfish/ca", 0o664);
    root.mode("etc/nbft/redfish/password", 0o640);
    root.mode(OF_SUBSYSTEM, 0o644);
    root.mode(OF_HOST, 0o660);
    root.mode(host, 0o777);
    let not_used = "so it is not used; chmod";
    assert_eq!(
        complaints(),
        format!(
            "/{host}: others than root can write to it (mode 0777), {not_used} 0755\n\
             /{OF_HOST}: others than root can read or write it (mode 0660), {not_used} 0600\n\
             /{OF_SUBSYSTEM}: others than root can read or write it (mode 0644), {not_used} 0600\n\
             /etc/nbft/redfish/ca: others than root can write to it (mode 0664), {not_used} 0644\n\
             /etc/nbft/redfish/password: others than root can read or write it (mode 0640), {not_used} 0600"
        )
    );
}

#[test]
fn a_file_without_a_usable_secret_is_an_error() {
    let root = Root::new();
    root.put(OF_HOST, KNOWN[0].0);
    let cases = [
        (KNOWN[6].0.to_owned(), "it must be a DH-HMAC-CHAP secret, and it is a TLS PSK"),
        (KNOWN[0].0.replace("AAEC", "BAEC"), "its checksum does not match: a character is wrong"),
        (String::new(), "it is empty"),
        ("x".repeat(5000), "it is longer than any key"),
    ];
    for (text, why) in cases {
        root.put(OF_SUBSYSTEM, &text);
        assert_eq!(root.find(SUBSYSTEM), Err(format!("/{OF_SUBSYSTEM}: {why}")));
    }
}

#[test]
fn found_secrets_stay_when_the_files_are_gone() {
    let root = Root::new();
    root.put(OF_SUBSYSTEM, KNOWN[0].0);
    let mut keys = root.keys();
    assert!(keys.find(SUBSYSTEM, &[]).unwrap().is_some() && keys.find("nqn.x:other", &[]).unwrap().is_none());
    keys.close(Instant::now());
    root.put(OF_HOST, KNOWN[0].0);
    fs::remove_file(root.path().join(OF_SUBSYSTEM)).unwrap();
    assert!(keys.find(SUBSYSTEM, &[]).unwrap().is_some() && keys.find("nqn.x:other", &[]).unwrap().is_none());
    let places = keys.places(SUBSYSTEM, Kind::Dhchap, &[]).to_string().replace(root.path().to_str().unwrap(), "");
    assert_eq!(
        places,
        format!(
            "when this service started, nbft looked in /run/credentials/nbft.dhchap-secret.nqn.2014-08.org.example%3As, \
             /run/credentials/nbft.dhchap-secret, /{OF_SUBSYSTEM}, /{OF_HOST}"
        )
    );
}

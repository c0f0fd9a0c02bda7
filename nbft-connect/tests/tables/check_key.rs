//! `check-key`: what it says, and that nothing of the key is in it.

use crate::support::{Dir, nbft, nbft_with};
use std::os::unix::fs::PermissionsExt;

const KEY: &str = "DHHC-1:02:BdYWn+NjDfOzIQMja1PqXmCNLg4KBUxLykMERDHd0Etayw27y2/pa8UsUkCLvVDwF0RktA==:";

#[test]
fn from_standard_input() {
    let run = nbft_with(&["check-key", "-"], format!("{KEY}\n").as_bytes());
    let expected = "standard input: a DH-HMAC-CHAP secret of 48 bytes, transformed with SHA-384\n";
    assert_eq!((run.code, run.text().as_str(), run.stderr.as_str()), (0, expected, ""));
    let psk = "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
    let run = nbft_with(&["check-key", "-"], psk.as_bytes());
    let expected = "standard input: a TLS PSK of 32 bytes, retained with SHA-256, for TLS_AES_128_GCM_SHA256\n";
    assert_eq!((run.code, run.text().as_str(), run.stderr.as_str()), (0, expected, ""));
}

/// The key and its identity are those of libnvme's test/psk.c.
#[test]
fn the_identity_of_a_psk() {
    let names = ["--hostnqn", "nqn.psk-test-host", "--subsysnqn", "nqn.psk-test-subsys"];
    let args = [&["check-key", "-"], &names[..]].concat();
    let run = nbft_with(&args, b"NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:");
    let expected = "standard input: a TLS PSK of 32 bytes, retained with SHA-256, for TLS_AES_128_GCM_SHA256\n\
        identity: NVMe1R01 nqn.psk-test-host nqn.psk-test-subsys iSbjiStwJ/1TrTvDlt2fjFmzvsytOJelidNnA+X5lEU=\n";
    assert_eq!((run.code, run.text().as_str(), run.stderr.as_str()), (0, expected, ""));
    let run = nbft_with(&args, KEY.as_bytes());
    let error = "nbft: standard input: it is no TLS PSK: it has no identity\n";
    assert_eq!((run.code, run.stderr.as_str()), (1, error));
    assert_eq!(nbft_with(&args[..4], KEY.as_bytes()).code, 2);
}

#[test]
fn from_files() {
    let dir = Dir::new("check-key");
    let check = |name: &str, text: &[u8], mode: u32| {
        let path = dir.write(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = nbft(&["check-key", &path]);
        (run.code, dir.neutral(&run.text()), dir.neutral(&run.stderr))
    };
    let right = "DIR/key: a DH-HMAC-CHAP secret of 48 bytes, transformed with SHA-384\n";
    assert_eq!(check("key", KEY.as_bytes(), 0o600), (0, right.into(), String::new()));
    let open =
        "nbft: DIR/key: others than its owner can read or write it (mode 0644): in the key directory it is refused\n";
    assert_eq!(check("key", KEY.as_bytes(), 0o644), (0, right.into(), open.into()));
    let typing_error = KEY.replace("BdYW", "CdYW");
    let cases: [(&[u8], &str); 4] = [
        (b"", "not a key: it is empty"),
        (typing_error.as_bytes(), "not a key: its checksum does not match: a character is wrong"),
        (b"\xff\xfe", "it is not text"),
        (&[b'A'; 5000], "it is longer than any key"),
    ];
    for (text, why) in cases {
        assert_eq!(check("bad", text, 0o600), (1, String::new(), format!("nbft: DIR/bad: {why}\n")));
    }
    let run = nbft(&["check-key", &format!("{}/none", dir.path())]);
    let expected = "nbft: DIR/none: No such file or directory (os error 2)\n";
    assert_eq!((run.code, dir.neutral(&run.stderr).as_str()), (1, expected));
}

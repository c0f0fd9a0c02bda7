//! Tests of TLS PSKs: known answers, identities, and the keyring.

use super::*;
use crate::nvme::keys::SecretError;
use crate::nvme::keys::{Identity, Keyring, KeyringError, Serial, TlsKey, TlsPsk};
use libnbft::plan::{CipherSuite, Need, Policy};
use std::cell::RefCell;
use std::rc::Rc;

const HOST_OF_LIBNVME: &str = "nqn.psk-test-host";
const SUBSYSTEM_OF_LIBNVME: &str = "nqn.psk-test-subsys";

/// Configured PSK, host NQN, subsystem NQN, identity, TLS PSK.
///
/// The first two configured PSKs and identities are those of libnvme's test/psk.c; their TLS PSKs were computed with
/// the HMAC of Python's standard library. The last two are those of Linux's KUnit test of `nvme_auth_derive_tls_psk`, whose PSK counts
/// as a retained one.
const DERIVED: [(&str, &str, &str, &str, &str); 4] = [
    (
        "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:",
        HOST_OF_LIBNVME,
        SUBSYSTEM_OF_LIBNVME,
        "NVMe1R01 nqn.psk-test-host nqn.psk-test-subsys iSbjiStwJ/1TrTvDlt2fjFmzvsytOJelidNnA+X5lEU=",
        "8fc3c0badfd4c0c66fa3ca33aadd0314f85536cc9bc47338b60f3e6e563786ca",
    ),
    (
        "NVMeTLSkey-1:02:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwP/w0S89ELi3W2LxIcLXVsDn8kXZQ==:",
        HOST_OF_LIBNVME,
        SUBSYSTEM_OF_LIBNVME,
        "NVMe1R02 nqn.psk-test-host nqn.psk-test-subsys \
         QhW2+Rp6RzHlNtCslyRxMnwJ11tKKhz8JCAQpQ+XUD8f9td1VeH5h53yz2wKJG1a",
        "a2b2f943f479fc682555cec89857c80ed004ce92f32a973d5764155bb7e36b17a85368a0666d250afac9282dda2e62ca",
    ),
    (
        "NVMeTLSkey-1:00:FzPFn6f0j8839fJvxP8CaK1PeOAw9POwv9HUfnuxRHre+Y7v:",
        "hostnqn",
        "subsysnqn",
        "NVMe1R01 hostnqn subsysnqn OldoKuTfKddMuyCznAZojkWD7P4D9/AtzDzLimtOxqI=",
        "3c17da628474a04d2247c4cab47968c915388193f7c071bd9489cc3666cd7cc8",
    ),
    (
        "NVMeTLSkey-1:00:8Ust0yNMRZaU07xj+JaL1rN8LG3oSeIuEYdJABzku+hkC546dIyxHOSx1x01nM45CD5VHQ==:",
        "hostnqn",
        "subsysnqn",
        "NVMe1R02 hostnqn subsysnqn cffMWk8TSS7HOQebjgYEIkrPrjWPV4JE5cdPB8WhEvY4JBW5YynKyv66XscN4A9n",
        "2774753233537b3fa50eb7d16a8e43457d85f4906c005b2236616c5d80939d0898fff15bb8b77119d2be0aac423e7590",
    ),
];

#[test]
fn known_answers_of_the_derivation() {
    for (configured, host, subsystem, identity, key) in DERIVED {
        let psk = TlsPsk::derive(&Secret::parse(configured).unwrap(), host, subsystem).unwrap();
        let hex: String = psk.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((psk.identity().text(), hex.as_str()), (identity, key));
        let cipher = if key.len() == 96 { CipherSuite::Aes256GcmSha384 } else { CipherSuite::Aes128GcmSha256 };
        assert_eq!(psk.identity().cipher(), cipher);
        assert_eq!(Identity::of_name(identity, host, subsystem).as_ref(), Some(psk.identity()));
        assert_eq!(format!("{psk:?}"), format!("TlsPsk({identity:?})"));
    }
    assert!(TlsPsk::derive(&Secret::parse(KNOWN[0].0).unwrap(), "h", "s").is_none());
}

#[test]
fn other_names_are_no_identity() {
    for name in [
        "",
        "NVMe0R01 h",
        "NVMe0R01 h t",
        "NVMe0R01 g s",
        "NVMe0R01 h s d",
        "NVMe1R01 h s",
        "NVMe1R01 h s ",
        "NVMe1R01 h s d e",
        "NVMe1R03 h s d",
        "NVMe1G01 h s d",
        "NVMe2R01 h s d",
        "nvme1R01 h s d",
    ] {
        assert_eq!(Identity::of_name(name, "h", "s"), None, "{name}");
    }
    assert_eq!(Identity::of_name("NVMe0R02 h s", "h", "s").unwrap().cipher(), CipherSuite::Aes256GcmSha384);
}

/// A keyring in memory.
#[derive(Debug, Clone, Default)]
struct Memory(Rc<RefCell<Vec<NamedKey>>>);

/// Serial number, name and key.
type NamedKey = (Serial, String, Vec<u8>);

impl Keyring for Memory {
    fn keys(&self) -> Result<Vec<(Serial, String)>, KeyringError> {
        Ok(self.0.borrow().iter().map(|(serial, name, _)| (*serial, name.clone())).collect())
    }

    fn add(&self, name: &str, key: &[u8]) -> Result<Serial, KeyringError> {
        let serial = 100 + self.0.borrow().len() as Serial;
        self.0.borrow_mut().push((serial, name.to_owned(), key.to_vec()));
        Ok(serial)
    }
}

impl Memory {
    fn with(names: &[&str]) -> Self {
        let keys = names.iter().zip(1..).map(|(name, serial)| (serial, (*name).to_owned(), Vec::new()));
        Self(Rc::new(RefCell::new(keys.collect())))
    }

    fn names(&self) -> Vec<String> {
        self.0.borrow().iter().map(|(_, name, _)| name.clone()).collect()
    }
}

/// The serial number and the beginning of the identity.
fn short(key: Result<Option<TlsKey>, SecretError>) -> Result<Option<(Serial, String)>, String> {
    key.map_err(|error| error.to_string()).map(|key| key.map(|key| (key.serial, key.identity.text()[..8].to_owned())))
}

const OF_SUBSYSTEM: &str = "etc/nbft/keys/nqn.2014-08.org.example:h/nqn.2014-08.org.example:s/tls-psk";
const OF_HOST: &str = "etc/nbft/keys/nqn.2014-08.org.example:h/tls-psk";
const SHA256_ONLY: &[CipherSuite] = &[CipherSuite::Aes128GcmSha256];

#[test]
fn a_key_is_put_into_the_keyring_once() {
    let root = Root::new();
    root.put(OF_SUBSYSTEM, DERIVED[0].0);
    let memory = Memory::default();
    for _ in 0..2 {
        // A second run is another process.
        let keys = root.keys().with_keyring(memory.clone());
        for _ in 0..2 {
            assert_eq!(short(keys.tls(SUBSYSTEM, None, &[])), Ok(Some((100, "NVMe1R01".into()))));
        }
    }
    let psk = TlsPsk::derive(&Secret::parse(DERIVED[0].0).unwrap(), HOST, SUBSYSTEM).unwrap();
    let expected = (100, psk.identity().text().to_owned(), psk.expose().to_vec());
    assert_eq!(*memory.0.borrow(), [expected]);
    // The key of another subsystem is different.
    root.put(OF_HOST, DERIVED[0].0);
    let keys = root.keys().with_keyring(memory.clone());
    assert_eq!(short(keys.tls("nqn.x:other", None, &[])), Ok(Some((101, "NVMe1R01".into()))));
    assert_eq!(keys.tls("nqn.x:other", None, &[]).unwrap().unwrap().to_string(), "TLS 1.3 with a PSK of SHA-256");
}

#[test]
fn credentials_come_first_and_the_keyring_last() {
    let root = Root::new();
    let of_keyring = format!("NVMe1R02 {HOST} {SUBSYSTEM} d");
    let memory = Memory::with(&[&of_keyring]);
    let find = || short(root.keys().with_keyring(memory.clone()).tls(SUBSYSTEM, None, &[]));
    assert_eq!(find(), Ok(Some((1, "NVMe1R02".into()))));
    root.put(OF_HOST, DERIVED[0].0);
    assert_eq!(find(), Ok(Some((101, "NVMe1R01".into()))));
    root.put(OF_SUBSYSTEM, DERIVED[1].0);
    assert_eq!(find(), Ok(Some((102, "NVMe1R02".into()))));
    root.put("run/credentials/nbft.tls-psk", DERIVED[2].0);
    assert_eq!(find(), Ok(Some((103, "NVMe1R01".into()))));
    root.put("run/credentials/nbft.tls-psk.nqn.2014-08.org.example%3As", DERIVED[3].0);
    assert_eq!(find(), Ok(Some((104, "NVMe1R02".into()))));
    assert_eq!(memory.names().len(), 5);
}

#[test]
fn the_best_allowed_key_in_the_keyring_is_used() {
    let root = Root::new();
    let name = |version: &str, digest: &str| format!("{version} {HOST} {SUBSYSTEM}{digest}");
    let names = [name("NVMe0R02", ""), name("NVMe1R01", " d"), name("NVMe0R01", ""), name("NVMe1R02", " d")];
    let find = |names: &[String], allowed| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        short(root.keys().with_keyring(Memory::with(&names)).tls(SUBSYSTEM, allowed, &[]))
    };
    assert_eq!(find(&names, None), Ok(Some((4, "NVMe1R02".into()))));
    assert_eq!(find(&names, Some(SHA256_ONLY)), Ok(Some((2, "NVMe1R01".into()))));
    assert_eq!(find(&names[..1], None), Ok(Some((1, "NVMe0R02".into()))));
    assert_eq!(find(&[], None), Ok(None));
    assert_eq!(find(&[format!("NVMe0R01 {HOST} {SUBSYSTEM}2")], None), Ok(None));
    let unfit = "the TLS PSK for it is one of SHA-384, which implies TLS_AES_256_GCM_SHA384; its security profile allows only \
                 TLS_AES_128_GCM_SHA256";
    assert_eq!(find(&names[..1], Some(SHA256_ONLY)), Err(unfit.into()));
    // The same for a key in a file: the keyring stays empty.
    root.put(OF_HOST, DERIVED[1].0);
    let memory = Memory::default();
    assert_eq!(
        short(root.keys().with_keyring(memory.clone()).tls(SUBSYSTEM, Some(SHA256_ONLY), &[])),
        Err(unfit.into())
    );
    assert_eq!(memory.names(), [""; 0]);
}

#[test]
fn a_file_without_a_usable_psk_is_an_error() {
    let root = Root::new();
    let path = root.put(OF_HOST, KNOWN[0].0).display().to_string();
    let find = || short(root.keys().with_keyring(Memory::default()).tls(SUBSYSTEM, None, &[]));
    assert_eq!(find(), Err(format!("{path}: it must be a TLS PSK, and it is a DH-HMAC-CHAP secret")));
    root.put(OF_HOST, DERIVED[0].0);
    root.mode(OF_HOST, 0o644);
    let open = "others than root can read or write it (mode 0644), so it is not used; chmod 0600";
    assert_eq!(find(), Err(format!("{path}: {open}")));
}

#[test]
fn found_psks_stay_when_the_files_are_gone() {
    let root = Root::new();
    root.put(OF_HOST, DERIVED[0].0);
    let memory = Memory::default();
    let mut keys = root.keys().with_keyring(memory.clone());
    keys.prepare_tls(SUBSYSTEM, &[]);
    keys.close(Instant::now());
    fs::remove_file(root.path().join(OF_HOST)).unwrap();
    assert_eq!(short(keys.tls(SUBSYSTEM, None, &[])), Ok(Some((100, "NVMe1R01".into()))));
    // An earlier run put the key there, so no file is needed.
    let mut later = root.keys().with_keyring(memory.clone());
    later.close(Instant::now());
    assert_eq!(short(later.tls(SUBSYSTEM, None, &[])), Ok(Some((100, "NVMe1R01".into()))));
    assert_eq!(memory.names().len(), 1);
}

#[test]
fn the_key_command_runs_last_and_once() {
    let root = Root::new();
    root.put("etc/nbft/key-command", "");
    let script = format!("#!/bin/sh\necho \"$*\" >> {}\necho '{}'", root.path().join("asked").display(), DERIVED[0].0);
    fs::write(root.path().join("etc/nbft/key-command"), script).unwrap();
    root.mode("etc/nbft/key-command", 0o700);
    root.mode("etc/nbft", 0o755);
    let asked = || fs::read_to_string(root.path().join("asked")).unwrap_or_default();
    let policy = |authenticates: bool| {
        let mut policy = Policy::default();
        policy.secure_channel.need = Need::Required;
        policy.authentication.need = if authenticates { Need::Required } else { Need::NotSupported };
        policy
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetch = |keys: &Keys, policy: &Policy| {
        for fetch in keys.to_fetch(SUBSYSTEM, policy) {
            assert!(keys.is_fetching(SUBSYSTEM, policy));
            keys.take(runtime.block_on(fetch.run()));
        }
        assert!(!keys.is_fetching(SUBSYSTEM, policy));
    };
    let find = |keyring: &Memory| {
        let keys = root.keys().with_keyring(keyring.clone());
        fetch(&keys, &policy(false));
        short(keys.tls(SUBSYSTEM, None, &[]))
    };
    // Keys in the keyring and in files come first.
    assert_eq!(find(&Memory::with(&[&format!("NVMe0R01 {HOST} {SUBSYSTEM}")])), Ok(Some((1, "NVMe0R01".into()))));
    root.put(OF_HOST, DERIVED[1].0);
    assert_eq!(find(&Memory::default()), Ok(Some((100, "NVMe1R02".into()))));
    assert_eq!(asked(), "");
    fs::remove_file(root.path().join(OF_HOST)).unwrap();
    let keys = root.keys().with_keyring(Memory::default());
    for _ in 0..2 {
        fetch(&keys, &policy(false));
        assert_eq!(short(keys.tls(SUBSYSTEM, None, &[])), Ok(Some((100, "NVMe1R01".into()))));
    }
    assert_eq!(asked(), format!("tls-psk {HOST} {SUBSYSTEM}\n"));
    let places = keys.places(SUBSYSTEM, Kind::TlsPsk, &[]).to_string();
    assert!(places.ends_with(&format!("; ran {}", root.path().join("etc/nbft/key-command").display())), "{places}");
    // It does not run again for a key that it did not give.
    fetch(&keys, &policy(true));
    let refused = keys.find(SUBSYSTEM, &[]).unwrap_err();
    assert!(
        refused.to_string().ends_with(
            "it prints a TLS PSK of 32 bytes, retained with SHA-256, for TLS_AES_128_GCM_SHA256, which is the wrong kind"
        ),
        "{refused}"
    );
    fetch(&keys, &policy(true));
    assert_eq!(keys.find(SUBSYSTEM, &[]).unwrap_err(), refused);
    assert_eq!(asked(), format!("tls-psk {HOST} {SUBSYSTEM}\ndhchap-secret {HOST} {SUBSYSTEM}\n"));
    let mut closed = root.keys().with_keyring(Memory::default());
    closed.close(Instant::now());
    fetch(&closed, &policy(true));
    assert_eq!(short(closed.tls(SUBSYSTEM, None, &[])), Ok(None));
    assert_eq!(asked(), format!("tls-psk {HOST} {SUBSYSTEM}\ndhchap-secret {HOST} {SUBSYSTEM}\n"));
}

#[test]
fn a_host_secret_waits_until_the_controller_secret_is_known() {
    let root = Root::new();
    root.put("etc/nbft/key-command", "");
    let script = format!("#!/bin/sh\n[ $1 = dhchap-secret ] && echo '{}'; true", KNOWN[0].0);
    fs::write(root.path().join("etc/nbft/key-command"), script).unwrap();
    root.mode("etc/nbft/key-command", 0o700);
    root.mode("etc/nbft", 0o755);
    let mut policy = Policy::default();
    policy.authentication.need = Need::Required;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let round = |keys: &Keys| {
        let fetches = keys.to_fetch(SUBSYSTEM, &policy);
        let number = fetches.len();
        fetches.into_iter().for_each(|fetch| keys.take(runtime.block_on(fetch.run())));
        number
    };
    let mut keys = root.keys();
    assert_eq!((round(&keys), keys.find(SUBSYSTEM, &[]).unwrap().is_none()), (1, true));
    let mut other = root.keys();
    assert_eq!((round(&other), round(&other), round(&other)), (1, 1, 0));
    let secrets = other.find(SUBSYSTEM, &[]).unwrap().unwrap();
    assert_eq!((secrets.host.expose(), secrets.controller.is_none()), (KNOWN[0].0, true));
    other.close(Instant::now());
    assert!(other.find(SUBSYSTEM, &[]).unwrap().is_some());
    // The time ends before that is known.
    keys.close(Instant::now());
    let said = "there was no time to run the key-command for the controller secret";
    assert_eq!(keys.find(SUBSYSTEM, &[]).unwrap_err().to_string(), said);
}

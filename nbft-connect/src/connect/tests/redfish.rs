//! Secrets that a Redfish service holds: fetched by a program, here a script, while other things go on.

use super::secured::{reason, root_of, secured};
use super::*;
use libnbft::model::{SecretType, SsnsFlags};
use std::os::unix::fs::PermissionsExt;

pub(super) const SECRET: &str = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
pub(super) const KEYPATH: &str = "https://192.0.2.9/redfish/v1/Keys";

/// Authentication, or a secure channel, as a profile's flags have it.
const ALLOWED: u16 = 1 << 1;
pub(super) const REQUIRED: u16 = 2 << 1;
const CHANNEL: u16 = 2 << 5;

/// A root whose program is this script.
pub(super) fn root(script: &str) -> Root {
    let root = root_of("dhchap_secret=%s,dhchap_ctrl_secret=%s,keyring=%d,tls_key=%d,tls", &[]);
    fs::write(root.0.join("keyring"), "").unwrap();
    fs::write(root.0.join("sockets"), "").unwrap();
    fs::write(root.0.join("ciphers"), "51 51").unwrap();
    program(&root, script);
    root
}

pub(super) fn program(root: &Root, script: &str) {
    let program = root.0.join("usr/libexec/nbft-redfish");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, format!("#!/bin/sh\ncd '{}'\necho \"$@\" >> asked\n{script}\n", root.0.display())).unwrap();
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Prints one secret for every subsystem.
pub(super) fn of_all() -> String {
    format!(r#"echo '{{"name":"dhchap-secret","key":"{SECRET}"}}'"#)
}

/// How often the program was run.
pub(super) fn asked(root: &Root) -> usize {
    fs::read_to_string(root.0.join("asked")).map_or(0, |text| text.lines().count())
}

/// A table whose profile has a keypath.
pub(super) fn table_with(flags: u16, keypath: &str) -> Table {
    let mut table = secured(flags);
    (table.security[0].secret_type, table.security[0].secret_keypath) = (SecretType::REDFISH, Some(keypath.into()));
    table
}

#[tokio::test(flavor = "current_thread")]
async fn a_path_waits_for_its_secret() {
    let of_all = format!("sleep 0.3; {}", of_all());
    let root = root(&of_all);
    let ran = run_in(&root, &table_with(REQUIRED, KEYPATH), vec![], 20).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![format!("{},dhchap_secret={SECRET}", options(4420))]));
    assert_eq!((ran.status.paths[0].attempts, ran.status.paths[0].reason.as_deref()), (1, None));
    let told = format!("--print --root {} -- {KEYPATH} nqn.2014-08.org.example:host\n", root.0.display());
    assert_eq!(fs::read_to_string(root.0.join("asked")).unwrap(), told);
    assert!(!fs::read_to_string(root.0.join(STATUS)).unwrap().contains("DHHC-1"));
}

#[tokio::test(flavor = "current_thread")]
async fn the_subsystems_own_key_counts_and_a_psk_goes_into_the_keyring() {
    let hidden = r#"{"name":"tls-psk","error":"it is hidden","code":"key-hidden"}"#;
    let root = root(&format!(r#"echo '{hidden}'; echo '{{"name":"tls-psk","subsystem":"{NQN}","key":"{PSK}"}}'"#));
    let ran = run_in(&root, &table_with(CHANNEL, "/redfish/v1/Keys"), vec![], 20).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![format!("{},tls,tls_key=1", options(4420))]));
    assert_eq!(asked(&root), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_secret_that_lies_here_is_not_fetched() {
    let root = root_of("dhchap_secret=%s", &[("dhchap-secret", SECRET)]);
    program(&root, "exit 1");
    let ran = run_in(&root, &table_with(REQUIRED, "/redfish/v1/Keys"), vec![], 20).await;
    assert_eq!((ran.exit, asked(&root)), (Exit::Ok, 0));
}

#[tokio::test(flavor = "current_thread")]
async fn why_there_is_none_is_said() {
    let looked =
        "authentication is required by security profile 1 of NBFT, and there is no secret for it: nbft looked in";
    let cases = [
        ("echo 'it does not take the user' >&2; exit 1", "it does not take the user"),
        ("exit 3", "/usr/libexec/nbft-redfish: exit status: 3"),
        ("echo 'it does not take DHHC-1:00:AAECAwQF' >&2; exit 1", "it does not take ***"),
        (
            "echo nonsense",
            "/usr/libexec/nbft-redfish: line 1 of its output is not a key: it is not JSON (line 1, column 2)",
        ),
        // Nothing of what it prints is quoted.
        (
            "echo '\"DHHC-1:00:AAECAwQF\"'",
            "/usr/libexec/nbft-redfish: line 1 of its output is not a key: a value is missing or has the \
             wrong type (line 1, column 20)",
        ),
        ("", "it has none for this subsystem"),
    ];
    for (script, why) in cases {
        let root = root(script);
        let said = reason(&root, &table_with(REQUIRED, KEYPATH), vec![]).await;
        assert!(
            said.starts_with(looked)
                && said.ends_with(&format!("; the Redfish service gave none from {KEYPATH}: {why}")),
            "{said}"
        );
        assert_eq!(asked(&root), 1);
    }
    // A known code gets into the status; an unknown one does not.
    let codes = [("redfish-untrusted", "redfish-untrusted"), ("of-tomorrow", "secret-missing-redfish")];
    for (printed, code) in codes {
        let root =
            root(&format!(r#"echo '{{"failed":"{printed}"}}'; echo 'its certificate is not trusted' >&2; exit 1"#));
        let ran = run_in(&root, &table_with(REQUIRED, KEYPATH), vec![], 1).await;
        assert_eq!(ran.status.paths[0].code.as_deref(), Some(code));
    }
    let gone = root("");
    fs::remove_file(gone.0.join("usr/libexec/nbft-redfish")).unwrap();
    let said = reason(&gone, &table_with(REQUIRED, KEYPATH), vec![]).await;
    let why = "/usr/libexec/nbft-redfish: it is not there, and fetches what a Redfish service holds";
    assert!(said.ends_with(why), "{said}");
    let hidden = root(r#"echo '{"name":"dhchap-secret","error":"it is hidden","code":"key-hidden"}'"#);
    let said = reason(&hidden, &table_with(REQUIRED, KEYPATH), vec![]).await;
    assert_eq!(said, "dhchap-secret: it is hidden");
    let slow = root("exec sleep 30");
    let said = reason(&slow, &table_with(REQUIRED, KEYPATH), vec![]).await;
    assert_eq!(said, format!("waits for its secrets by Redfish from {KEYPATH}"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_service_that_is_not_there_yet_is_asked_again() {
    let later = format!("[ $(wc -l < asked) -ge 2 ] || {{ echo 'Connection refused' >&2; exit 75; }}; {}", of_all());
    let root = root(&later);
    let ran = run_in(&root, &table_with(REQUIRED, KEYPATH), vec![], 40).await;
    assert_eq!((ran.exit, ran.written.len(), asked(&root)), (Exit::Ok, 1, 2));
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_only_allowed_goes_on_without() {
    let root = root("echo 'Connection refused' >&2; exit 75");
    let ran = run_in(&root, &table_with(ALLOWED, KEYPATH), vec![], 20).await;
    assert_eq!((ran.exit, ran.written, asked(&root)), (Exit::Ok, vec![options(4420)], 1));
}

#[tokio::test(flavor = "current_thread")]
async fn other_paths_do_not_wait() {
    let root = root("exec sleep 30");
    let (secured, plain) = (target().await, target().await);
    let mut table = table(&[secured, plain]);
    table.security = table_with(REQUIRED, KEYPATH).security;
    table.ssns[0].flags = SsnsFlags::USE_SECURITY;
    table.ssns[0].security = 1;
    table.ssns[0].nqn = Some(Nqn("nqn.2014-08.org.example:other".into()));
    let ran = run_in(&root, &table, vec![], 2).await;
    assert_eq!((ran.written, ran.status.paths[1].state), (vec![options(plain)], State::Up));
}

#[tokio::test(flavor = "current_thread")]
async fn discovery_controllers_wait_for_theirs() {
    let root = root(&format!("sleep 0.2; {}", of_all()));
    let mut table = table_with(REQUIRED, KEYPATH);
    table.ssns.clear();
    table.discovery.push(discovery_at(target().await, 1));
    let ran = run_in(&root, &table, vec![], 2).await;
    assert!(ran.written[0].starts_with("discover nqn="), "{:?}", ran.written);
    assert!(ran.written[0].ends_with(&format!(",dhchap_secret={SECRET}")), "{:?}", ran.written);
}

#[tokio::test(flavor = "current_thread")]
async fn who_stays_asks_at_once_and_never_again() {
    let root = root(&of_all());
    let table = table_with(REQUIRED, KEYPATH);
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
    let policy = plan.paths[0].security.clone().unwrap();
    let mut keys = crate::connect::keys(&plan, &root.0, true).unwrap();
    // Nothing is waited for before the network is set up.
    assert_eq!(asked(&root), 0);
    for fetch in keys.to_fetch(NQN, &policy) {
        keys.take(fetch.run().await);
    }
    program(&root, "exit 1");
    assert!(keys.find(NQN, &policy.redfish).unwrap().is_some());
    // Also for a subsystem that is discovered later.
    keys.close(Instant::now());
    assert!(keys.find("nqn.2014-08.org.example:other", &policy.redfish).unwrap().is_some());
    assert!(keys.to_fetch("nqn.2014-08.org.example:other", &policy).is_empty());
    assert_eq!(asked(&root), 1);
}

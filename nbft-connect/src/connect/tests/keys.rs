//! Tests slow secrets: only paths that need them wait for them.

use super::redfish::{KEYPATH, REQUIRED, SECRET, asked, of_all, program, root, table_with};
use super::*;
use libnbft::model::{SecretType, SecurityProfile, SsnsFlags};
use std::os::unix::fs::PermissionsExt;

/// An `/etc/nbft/key-command` with this script, which records its arguments.
fn key_command(root: &Root, script: &str) {
    let file = root.0.join("etc/nbft/key-command");
    fs::write(&file, format!("#!/bin/sh\ncd '{}'\necho \"$@\" >> commanded\n{script}\n", root.0.display())).unwrap();
    for path in [file.parent().unwrap(), &file] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// The arguments of each call of the program.
fn commanded(root: &Root) -> Vec<String> {
    let text = fs::read_to_string(root.0.join("commanded")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn nqn(number: usize) -> String {
    format!("nqn.2014-08.org.example:{number}")
}

/// A subsystem for each port, all but the last with a profile of its own that has this keypath; the last has none.
fn mixed(ports: &[u16], keypath: impl Fn(usize) -> Option<String>) -> Table {
    let mut table = table(ports);
    let of = table_with(REQUIRED, "").security[0].clone();
    for number in 0..ports.len() - 1 {
        let mut profile: SecurityProfile = of.clone();
        profile.index = number as u8 + 1;
        profile.secret_keypath = keypath(number);
        profile.secret_type =
            if profile.secret_keypath.is_some() { SecretType::REDFISH } else { SecretType::default() };
        table.security.push(profile);
        let ssns = &mut table.ssns[number];
        (ssns.security, ssns.flags) = (number as u8 + 1, SsnsFlags::USE_SECURITY);
        ssns.nqn = Some(Nqn(nqn(number)));
    }
    table
}

/// Targets for so many subsystems.
async fn targets(number: usize) -> Vec<u16> {
    let mut ports = Vec::new();
    for _ in 0..number {
        ports.push(target().await);
    }
    ports
}

/// Waits until the condition holds.
async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_program_that_hangs_costs_one_time_out_and_no_other_path() {
    let root = root("exit 1");
    key_command(&root, "exec sleep 60");
    let ports = targets(5).await;
    let started = start(&root, &mixed(&ports, |_| None), vec![], RunMode::Resident);
    let begun = Instant::now();
    let scenario = async {
        until(|| started.written.borrow().len() == 1).await;
        assert_eq!(*started.written.borrow(), [options(ports[4])]);
        // Its path waited for no program.
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        until(|| status(&root).paths[0].reason.is_some()).await;
        let waits = format!("waits for its secrets from {}/etc/nbft/key-command", root.0.display());
        assert_eq!(status(&root).paths[0].reason, Some(waits));
        until(|| status(&root).paths[..4].iter().all(|path| path.state == State::Failed)).await;
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    };
    while_running(started.engine, started.network, 20, scenario).await;
    // It was run once, for the first of them.
    assert_eq!(commanded(&root).len(), 1, "{:?}", commanded(&root));
    let reasons = status(&root).paths[..4].iter().map(|path| path.reason.clone().unwrap()).collect::<Vec<_>>();
    assert!(reasons.iter().all(|reason| reason.contains("key-command dhchap-secret: it takes longer than 10 s")));
    assert!(reasons[3].ends_with(&format!("it takes longer than 10 s, for {}; it is not run again", nqn(0))));
}

#[tokio::test(flavor = "current_thread")]
async fn programs_run_beside_the_network_and_services_are_asked_for_what_they_lack() {
    let root = root(&of_all());
    // It has the secrets for the first subsystem, nothing for the second, and fails for the third.
    let script = format!(
        "sleep 0.3; case $1,$3 in dhchap-secret,{0}|dhchap-ctrl-secret,{0}) echo '{SECRET}';; *,{2}) exit 7;; esac; : {1}",
        nqn(0),
        nqn(1),
        nqn(2)
    );
    key_command(&root, &script);
    let ports = targets(4).await;
    let table = mixed(&ports, |number| Some(format!("{KEYPATH}/{number}")));
    let started = start(&root, &table, vec![], RunMode::Resident);
    let scenario = async {
        until(|| started.written.borrow().len() == 3).await;
        until(|| status(&root).paths[2].state == State::Failed).await;
    };
    while_running(started.engine, started.network, 20, scenario).await;
    let written = started.written.borrow().clone();
    let of = |number: usize| written.iter().find(|line| line.starts_with(&format!("nqn={},", nqn(number)))).cloned();
    assert_eq!(written[0], options(ports[3]));
    assert!(of(0).unwrap().ends_with(&format!(",dhchap_secret={SECRET},dhchap_ctrl_secret={SECRET}")));
    assert!(of(1).unwrap().ends_with(&format!(",dhchap_secret={SECRET}")));
    assert!(status(&root).paths[2].reason.as_ref().unwrap().ends_with("key-command dhchap-secret: exit status: 7"));
    // The program runs once for each; the service is asked only where the program has nothing.
    let mut expected: Vec<_> =
        (0..3).map(|number| format!("dhchap-secret nqn.2014-08.org.example:host {}", nqn(number))).collect();
    expected.push(format!("dhchap-ctrl-secret nqn.2014-08.org.example:host {}", nqn(0)));
    expected.sort();
    let mut commanded = commanded(&root);
    commanded.sort();
    assert_eq!((commanded, asked(&root)), (expected, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn who_stays_fetches_beside_its_work_at_once_and_within_its_budget() {
    let root = root("sleep 1; exec sleep 60");
    let ports = targets(21).await;
    let table = mixed(&ports, |number| Some(format!("{KEYPATH}/{number}")));
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
    let begun = Instant::now();
    let mut keys = crate::connect::keys(&plan, &root.0, true).unwrap().with_keyring(tls::InRoot(root.0.clone()));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    keys.close(Instant::now() + Duration::from_secs(4));
    let started = start_with(&root, &table, vec![], RunMode::Resident, |settings| settings.keys = keys);
    let scenario = async {
        until(|| started.written.borrow().len() == 1).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        until(|| asked(&root) == 16).await;
        until(|| status(&root).paths[..20].iter().all(|path| path.state == State::Failed)).await;
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    };
    while_running(started.engine, started.network, 20, scenario).await;
    assert_eq!(*started.written.borrow(), [options(ports[20])]);
    // Sixteen ran at once, and none after the budget was spent.
    assert_eq!(asked(&root), 16);
    let reason = status(&root).paths[19].reason.clone().unwrap();
    assert!(reason.ends_with("no answer within the time for fetching secrets"), "{reason}");
}

/// Writes the arguments and environment of its process to a file.
const SHOW: &str = "tr '\\0' '\\n' < /proc/$$/cmdline >> shown; tr '\\0' '\\n' < /proc/$$/environ >> shown";

#[tokio::test(flavor = "current_thread")]
async fn no_program_has_a_secret_in_its_arguments_or_its_environment() {
    let root = root(&format!("{SHOW}; {}", of_all()));
    key_command(&root, &format!("{SHOW}; [ $1,$3 = dhchap-secret,{} ] && echo '{SECRET}'; true", nqn(0)));
    let word = "https://operator:hunter2@192.0.2.9/redfish/v1/Keys";
    let ports = targets(4).await;
    let keypaths = [KEYPATH, KEYPATH, word].map(str::to_owned);
    let table = mixed(&ports, |number| Some(keypaths[number].clone()));
    let started = start(&root, &table, vec![], RunMode::Resident);
    let scenario = async {
        until(|| started.written.borrow().len() == 3).await;
        until(|| status(&root).paths[2].state == State::Failed).await;
    };
    while_running(started.engine, started.network, 20, scenario).await;
    assert_eq!(started.written.borrow().iter().filter(|line| line.contains(SECRET)).count(), 2);
    let shown = fs::read_to_string(root.0.join("shown")).unwrap();
    assert!(shown.contains("key-command\ndhchap-secret\n") && shown.contains("nbft-redfish\n--print\n"), "{shown}");
    for secret in ["DHHC-1", "AAECAwQF", "hunter2", "operator"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    // A keypath that names a user gets no program at all, and is not shown.
    assert_eq!(asked(&root), 1);
    let text = fs::read_to_string(root.0.join(STATUS)).unwrap();
    assert!(text.contains("https://***@192.0.2.9/redfish/v1/Keys: it names a user"), "{text}");
    let reasons: Vec<_> = status(&root).paths.iter().filter_map(|path| path.reason.clone()).collect();
    assert!(!reasons.concat().contains("hunter2"), "{reasons:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_program_can_be_replaced_while_others_run() {
    // The fetch of a keypath that is under way is shared by all who wait for it.
    let root = root(&format!("sleep 0.5; {}", of_all()));
    let ports = targets(4).await;
    let table = mixed(&ports, |_| Some(KEYPATH.into()));
    let started = start(&root, &table, vec![], RunMode::Resident);
    let scenario = until(|| started.written.borrow().len() == 4);
    while_running(started.engine, started.network, 20, scenario).await;
    program(&root, "exit 1");
    assert_eq!(asked(&root), 1);
}

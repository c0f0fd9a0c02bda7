//! Security profiles: what is given to the kernel, and what is never connected.

use super::*;
use libnbft::model::{SecurityFlags, SecurityProfile, SsnsFlags};
use std::os::unix::fs::PermissionsExt;

const KEY: &str = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
const CONTROLLER_KEY: &str = "DHHC-1:01:P4k/47Ih71FX6CavHVL9zDeCbJ0jaokInL28ACRat/Epq7n3:";
pub(super) const DIRECTORY: &str = "etc/nbft/keys/nqn.2014-08.org.example:host";

/// Authentication as a profile's flags have it.
const SUPPORTED: u16 = 1 << 1;
const REQUIRED: u16 = 2 << 1;

/// A root with a kernel that can authenticate, and these secrets for every subsystem.
fn root(secrets: &[(&str, &str)]) -> Root {
    root_of("dhchap_secret=%s,dhchap_ctrl_secret=%s", secrets)
}

/// A root with a kernel that knows these options besides, and these secrets for every subsystem.
pub(super) fn root_of(known: &str, secrets: &[(&str, &str)]) -> Root {
    let root = Root::new();
    let list = format!("transport=%s,traddr=%s,host_iface=%s,ctrl_loss_tmo=%d,{known}\n");
    fs::write(root.0.join("dev/nvme-fabrics"), list).unwrap();
    let directory = root.0.join(DIRECTORY);
    fs::create_dir_all(&directory).unwrap();
    for path in directory.ancestors().take(4) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (name, text) in secrets {
        let file = directory.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    root
}

/// A table with one entry, and one security profile that it names.
pub(super) fn secured(flags: u16) -> Table {
    let mut table = table(&[4420]);
    let mut profile = SecurityProfile::default();
    (profile.index, profile.flags) = (1, SecurityFlags(1 | flags));
    table.security.push(profile);
    (table.ssns[0].security, table.ssns[0].flags) = (1, SsnsFlags::USE_SECURITY);
    table
}

pub(super) async fn reason(root: &Root, table: &Table, answers: Vec<Answer>) -> String {
    let ran = run_in(root, table, answers, 1).await;
    assert_eq!((ran.exit, ran.status.paths[0].controller.as_deref()), (Exit::Failed, None));
    let text = fs::read_to_string(root.0.join(STATUS)).unwrap();
    assert!(!text.contains("AAECAwQF"), "{text}");
    ran.status.paths[0].reason.clone().unwrap().replace(root.0.to_str().unwrap(), "")
}

#[tokio::test(flavor = "current_thread")]
async fn secrets_are_given_to_the_kernel() {
    let root = root(&[("dhchap-secret", KEY), ("dhchap-ctrl-secret", CONTROLLER_KEY)]);
    let ran = run_in(&root, &secured(REQUIRED), vec![], 5).await;
    let with_secrets = format!("{},dhchap_secret={KEY},dhchap_ctrl_secret={CONTROLLER_KEY}", options(4420));
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![with_secrets]));
    let text = fs::read_to_string(root.0.join(STATUS)).unwrap();
    assert!(!text.contains("DHHC-1"), "{text}");
    assert_eq!(
        ran.status.paths[0].security.as_deref(),
        Some("authentication required with any hash function, key exchange by any group; secure channel not supported")
    );
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_only_allowed_is_done_where_it_can_be() {
    let ran = run_in(&root(&[("dhchap-secret", KEY)]), &secured(SUPPORTED), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![format!("{},dhchap_secret={KEY}", options(4420))]));
    let ran = run_in(&root(&[]), &secured(SUPPORTED), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420)]));
    let incapable = root(&[("dhchap-secret", KEY)]);
    fs::write(incapable.0.join("dev/nvme-fabrics"), "").unwrap();
    let ran = run_in(&incapable, &secured(SUPPORTED), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420)]));
    let ran = run_in(&root(&[("dhchap-secret", KEY)]), &secured(0), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420)]));
}

#[tokio::test(flavor = "current_thread")]
async fn nothing_is_written_without_what_is_required() {
    let none = root(&[]);
    let file = "nqn.2014-08.org.example:subsystem/dhchap-secret";
    assert_eq!(
        reason(&none, &secured(REQUIRED), vec![]).await,
        format!(
            "authentication is required by security profile 1 of NBFT, and there is no secret for it: nbft looked in \
             /{DIRECTORY}/{file}, /{DIRECTORY}/dhchap-secret; nbft got no credentials"
        )
    );
    let malformed = root(&[("dhchap-secret", &KEY.replace("KfiaR", "KfiaQ"))]);
    assert_eq!(
        reason(&malformed, &secured(REQUIRED), vec![]).await,
        format!("/{DIRECTORY}/dhchap-secret: its checksum does not match: a character is wrong")
    );
    let incapable = root(&[("dhchap-secret", KEY)]);
    fs::write(incapable.0.join("dev/nvme-fabrics"), "transport=%s,traddr=%s\n").unwrap();
    assert_eq!(
        reason(&incapable, &secured(REQUIRED), vec![]).await,
        "this kernel cannot authenticate: it does not know the option dhchap_secret (it needs CONFIG_NVME_HOST_AUTH, from Linux \
         6.0 on)"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn what_does_not_keep_to_its_terms_is_no_path() {
    let root = root(&[("dhchap-secret", KEY)]);
    let answers = (0..9).map(|_| Answer::PolicyViolation(Violation::ControllerNotAsked)).collect();
    assert_eq!(reason(&root, &secured(REQUIRED), answers).await, Violation::ControllerNotAsked.to_string());
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_held_against_its_terms_does_not_count_meanwhile() {
    let root = root(&[("dhchap-secret", KEY)]);
    let until = RunMode::UntilBoot { timeout: Duration::from_secs(1), wait: Wait::Boot };
    let answers = (0..9).map(|_| Answer::ViolationLater(Violation::ControllerUnproved)).collect();
    let started = start(&root, &secured(REQUIRED), answers, until);
    let events = started.events;
    // The stand-in sends no uevents: any event triggers a scan of sysfs.
    let looks = tokio::spawn(async move {
        while events.send(ready()).is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let exit = started.engine.run(started.network).await.unwrap().exit;
    looks.await.unwrap();
    assert_eq!((exit, status(&root).namespaces[0].state), (Exit::Failed, State::Pending));
}

#[tokio::test(flavor = "current_thread")]
async fn a_controller_that_somebody_made_without_a_secret_is_not_taken_over() {
    let root = root(&[("dhchap-secret", KEY)]);
    show_controller(&root.0, 7, &options(4420), NID);
    let secret = root.0.join("sys/class/nvme/nvme7/dhchap_secret");
    fs::write(&secret, "none\n").unwrap();
    let answers = (0..9).map(|_| Answer::Errno(libc::EALREADY)).collect();
    let ran = run_in(&root, &secured(REQUIRED), answers, 1).await;
    assert_eq!(
        ran.status.paths[0].reason.as_deref(),
        Some("nvme7 has this connection without a secret, but security profile 1 of NBFT requires authentication")
    );
    assert_eq!((ran.exit, ran.status.namespaces[0].state), (Exit::Failed, State::Pending));
    fs::write(&secret, format!("{KEY}\n")).unwrap();
    let ran = run_in(&root, &secured(REQUIRED), vec![], 5).await;
    assert_eq!((ran.exit, ran.written.len(), ran.status.paths[0].controller.as_deref()), (Exit::Ok, 0, Some("nvme7")));
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "current_thread")]
async fn a_write_that_has_not_ended_says_what_may_be_the_matter() {
    let root = root(&[("dhchap-secret", KEY)]);
    assert_eq!(
        reason(&root, &secured(REQUIRED), vec![Answer::Hang]).await,
        "the target has not answered the kernel yet; where the target refuses the secret, Linux may wait a minute for an answer"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn discovery_controllers_are_asked_with_their_secret() {
    let mut table = secured(REQUIRED);
    table.ssns.clear();
    table.discovery.push(discovery_at(target().await, 1));
    let ran = run_in(&root(&[("dhchap-secret", KEY)]), &table, vec![], 1).await;
    assert!(ran.written[0].starts_with("discover nqn="), "{:?}", ran.written);
    assert!(ran.written[0].ends_with(&format!(",dhchap_secret={KEY}")), "{:?}", ran.written);
    let ran = run_in(&root(&[]), &table, vec![], 1).await;
    assert_eq!(ran.written, [""; 0]);
    let reason = ran.status.discovery[0].reason.as_deref().unwrap();
    assert!(
        reason.starts_with("authentication is required by security profile 1 of NBFT, and there is no"),
        "{reason}"
    );
}

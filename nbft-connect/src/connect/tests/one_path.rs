//! One path of each subsystem: the run of a crash kernel.

use super::*;

const OTHER: &str = "nqn.2014-08.org.example:other";

async fn run_one_path(root: &Root, table: &Table, answers: Vec<Answer>, seconds: u64) -> Ran {
    let until = RunMode::UntilBoot { timeout: Duration::from_secs(seconds), wait: Wait::Boot };
    let started = start_with(root, table, answers, until, |settings| settings.one_path = true);
    let exit = started.engine.run(started.network).await.unwrap().exit;
    let written = started.written.borrow().clone();
    Ran { exit, written, status: status(root) }
}

#[tokio::test(flavor = "current_thread")]
async fn the_second_path_of_a_subsystem_is_not_connected() {
    let (one, two) = (target().await, target().await);
    let ran = run_one_path(&Root::new(), &table(&[one, two]), vec![], 5).await;
    assert_eq!(ran.exit, Exit::Ok);
    assert_eq!(ran.written.len(), 1, "{:?}", ran.written);
    assert_eq!(ran.status.message, "1 of 2 paths up, each boot namespace is there");
}

#[tokio::test(flavor = "current_thread")]
async fn a_path_that_is_refused_has_its_spare() {
    let (one, two) = (target().await, target().await);
    let refused = vec![Answer::Errno(libc::ECONNREFUSED)];
    let ran = run_one_path(&Root::new(), &table(&[one, two]), refused, 5).await;
    assert_eq!(ran.written.len(), 2, "{:?}", ran.written);
    assert!(ran.status.paths.iter().any(|path| path.state == State::Up), "{:?}", ran.status.paths);
}

#[tokio::test(flavor = "current_thread")]
async fn a_path_without_the_namespace_has_its_spare() {
    let (one, two) = (target().await, target().await);
    let without = vec![Answer::Connect(OTHER_NID)];
    let ran = run_one_path(&Root::new(), &table(&[one, two]), without, 5).await;
    assert_eq!((ran.exit, ran.written.len()), (Exit::Ok, 2));
}

/// The dump may go to a namespace that the boot does not need, and no service connects it later.
#[tokio::test(flavor = "current_thread")]
async fn each_namespace_is_waited_for() {
    let (one, two) = (target().await, target().await);
    let mut table = table(&[one, two]);
    let other = &mut table.ssns[1];
    other.flags = model::SsnsFlags::NON_BOOTABLE;
    other.nqn = Some(Nqn(OTHER.into()));
    other.nid = OTHER_NID.parse::<model::Uuid>().unwrap().0;
    let answers = vec![Answer::Connect(NID), Answer::Errno(libc::ECONNREFUSED), Answer::Connect(OTHER_NID)];
    let ran = run_one_path(&Root::new(), &table, answers, 10).await;
    assert_eq!(ran.written.len(), 3, "{:?}", ran.written);
    assert_eq!(ran.status.namespaces.iter().filter(|namespace| namespace.state == State::Up).count(), 2);
}

#[test]
fn a_crash_kernel_is_known_by_the_memory_that_it_shows() {
    let root = Root::new();
    assert!(!crate::connect::is_crash_kernel(&root.0));
    fs::create_dir_all(root.0.join("proc")).unwrap();
    fs::write(root.0.join("proc/vmcore"), "").unwrap();
    assert!(crate::connect::is_crash_kernel(&root.0));
}

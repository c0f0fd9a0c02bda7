//! Tests paths that are live but unusable by their ANA state.

use super::*;

/// Sets the ANA state of the namespace through a controller, as sysfs shows it.
fn set_ana(root: &Root, controller: usize, state: &str) {
    let namespace = format!("sys/class/nvme/nvme{controller}/nvme0c{controller}n1/ana_state");
    fs::write(root.0.join(namespace), format!("{state}\n")).unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_disk_without_a_usable_path_is_not_there() {
    let (root, table) = (Root::new(), table(&[4420]));
    assert_eq!(run_in(&root, &table, vec![], 5).await.exit, Exit::Ok);
    for state in ["inaccessible", "persistent-loss", "change"] {
        set_ana(&root, 0, state);
        let ran = run_in(&root, &table, vec![], 1).await;
        assert_eq!((ran.exit, ran.written.len()), (Exit::Failed, 0), "{state}");
        let namespace = &ran.status.namespaces[0];
        assert_eq!((namespace.state, namespace.code.as_deref()), (State::Pending, Some("namespace-inaccessible")));
        let reason = format!("its ANA state is {state} through nvme0");
        assert_eq!(
            ran.status.message,
            format!("0 of 1 paths up, missing boot namespace: uuid {NID} of {NQN} ({reason})")
        );
        let path = &ran.status.paths[0];
        assert_eq!((path.state, path.code.as_deref()), (State::Failed, Some("path-inaccessible")));
        assert_eq!(path.reason.as_deref(), Some(format!("the ANA state of its namespace is {state}").as_str()));
    }
    for state in ["optimized", "non-optimized"] {
        set_ana(&root, 0, state);
        let ran = run_in(&root, &table, vec![], 5).await;
        assert_eq!((ran.exit, &*ran.status.message), (Exit::Ok, "1 of 1 paths up, each boot namespace is there"));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_path_without_access_beside_another_makes_the_boot_degraded() {
    let (root, table) = (Root::new(), table(&[target().await, target().await]));
    assert_eq!(run_in(&root, &table, vec![], 5).await.exit, Exit::Ok);
    set_ana(&root, 0, "inaccessible");
    set_ana(&root, 1, "non-optimized");
    let ran = run_in(&root, &table, vec![], 5).await;
    assert_eq!(
        (ran.exit, ran.status.message.as_str()),
        (Exit::Degraded, "1 of 2 paths up, each boot namespace is there")
    );
    assert_eq!(ran.status.paths[0].code.as_deref(), Some("path-inaccessible"));
    assert_eq!((ran.status.paths[1].state, &ran.status.paths[1].code), (State::Up, &None));
    // Firmware did not use it either: nothing is lost.
    let mut unavailable = table.clone();
    unavailable.ssns[0].flags = model::SsnsFlags(0x100);
    assert_eq!(run_in(&root, &unavailable, vec![], 5).await.exit, Exit::Ok);
}

#[tokio::test(flavor = "current_thread")]
async fn a_path_that_becomes_accessible_ends_the_wait() {
    let (root, table) = (Root::new(), table(&[4420]));
    assert_eq!(run_in(&root, &table, vec![], 5).await.exit, Exit::Ok);
    set_ana(&root, 0, "inaccessible");
    let begun = Instant::now();
    let failover = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        set_ana(&root, 0, "optimized");
    };
    let connect = async {
        let ran = run_in(&root, &table, vec![], 20).await;
        (ran.exit, begun.elapsed().as_millis())
    };
    // The kernel sends no uevent when the state changes.
    let ((exit, after), ()) = tokio::join!(connect, failover);
    assert_eq!(exit, Exit::Ok);
    assert!((700..10_000).contains(&after), "{after} ms");
}

#[tokio::test(flavor = "current_thread")]
async fn staying_survives_a_time_without_access() {
    let (root, port) = (Root::new(), target().await);
    let started = start(&root, &table(&[port]), vec![], RunMode::Resident);
    let scenario = async {
        let reaches = |state: State| {
            let (root, events) = (&root, &started.events);
            async move {
                while !root.0.join(STATUS).exists() || status(root).namespaces[0].state != state {
                    events.send(ready()).unwrap();
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        reaches(State::Up).await;
        set_ana(&root, 0, "inaccessible");
        reaches(State::Pending).await;
        assert_eq!(status(&root).namespaces[0].code.as_deref(), Some("namespace-inaccessible"));
        set_ana(&root, 0, "optimized");
        reaches(State::Up).await;
    };
    while_running(started.engine, started.network, 20, scenario).await;
    assert_eq!(*started.written.borrow(), [options(port)], "it is connected all the while");
}

//! Tests a second run: it keeps what the first one ended too early to learn.

use super::*;
use crate::net::Information;

#[tokio::test(flavor = "current_thread")]
async fn what_servers_told_is_kept_by_a_run_that_ends_before_they_answer() {
    let root = Root::new();
    let table = table(&[4420]);
    let until = || RunMode::UntilBoot { timeout: Duration::from_secs(5), wait: Wait::Boot };
    let information = Information {
        server: Ipv4Addr::LOCALHOST.into(),
        dns: vec![Ipv4Addr::LOCALHOST.into()],
        domains: vec!["example.org".into()],
        ntp: Vec::new(),
        boot_file_url: None,
    };
    run_in(&root, &table, vec![], 5).await;
    let mut written = status(&root);
    // As the service hears it later.
    written.interfaces[0].information = Some(information);
    written.write(&root.0.join(STATUS)).unwrap();
    let known = written.interfaces.remove(0);
    assert_eq!(known.state, State::Up);

    // Its controller is connected, so the run ends before the network is ready; it keeps what the service knows.
    for (service, expected) in [
        (Some(7), known.clone()),
        (
            None,
            HfiStatus { state: State::Pending, name: "nbft0".into(), address: None, ready_ms: None, ..known.clone() },
        ),
    ] {
        let mut second = start_with(&root, &table, vec![], until(), |settings| settings.service = service);
        while second.network.try_recv().is_ok() {}
        second.engine.run(second.network).await.unwrap();
        assert_eq!(second.written.borrow().clone(), [""; 0]);
        assert_eq!(status(&root).interfaces, [expected], "{service:?}");
    }
}

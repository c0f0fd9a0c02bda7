//! Tests the number of probes and the time of each.

use crate::connect::tests::*;

/// A target that answers ICReq and counts connections; it answers none before `hold` is over.
async fn counting(hold: Duration) -> (u16, Rc<RefCell<usize>>, impl Future<Output = ()>) {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Rc::new(RefCell::new(0));
    let counted = Rc::clone(&count);
    let serve = async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            *counted.borrow_mut() += 1;
            tokio::time::sleep(hold).await;
            let mut request = [0; 128];
            stream.read_exact(&mut request).await.unwrap();
            request[0] = 1;
            // MAXH2CDATA.
            request[14] = 2;
            stream.write_all(&request).await.unwrap();
        }
    };
    (port, count, serve)
}

/// A table with `count` subsystems at one port.
fn subsystems(count: usize, port: u16) -> Table {
    let mut table = table(&vec![port; count]);
    for (number, ssns) in table.ssns.iter_mut().enumerate() {
        ssns.nqn = Some(Nqn(format!("{NQN}{number}")));
    }
    table
}

#[tokio::test(flavor = "current_thread")]
async fn one_trial_tells_for_all_subsystems_at_a_port() {
    let (port, count, serve) = counting(Duration::from_millis(50)).await;
    let table = subsystems(5, port);
    let ran = tokio::select! {
        ran = run(&table, vec![], 5) => ran,
        () = serve => panic!("the target has ended"),
    };
    assert_eq!((ran.exit, ran.written.len(), *count.borrow()), (Exit::Ok, 5, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn a_failed_trial_fails_all_subsystems_at_a_port() {
    let ran = run(&subsystems(2, closed_port().await), vec![], 1).await;
    assert_eq!((ran.exit, ran.written.len()), (Exit::Failed, 0));
    let reasons: Vec<_> = ran.status.paths.iter().map(|path| path.reason.as_deref()).collect();
    assert_eq!(reasons, [Some("the target refuses connections to this port (Connection refused (os error 111))"); 2]);
}

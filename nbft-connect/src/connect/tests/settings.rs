//! Tests queues and timeouts: what the kernel is given, and what is reported when it refuses them.

use super::*;
use crate::tunables::{Tunable, Tunables};

const LISTED: &str = "transport=%s,traddr=%s,host_iface=%s,ctrl_loss_tmo=%d,nr_io_queues=%d,queue_size=%d\n";

/// A run with these settings for all connections, over a kernel that lists these options.
async fn run_with(listed: &str, given: &[(Tunable, i32)], answers: Vec<Answer>) -> Ran {
    let root = Root::new();
    fs::write(root.0.join("dev/nvme-fabrics"), listed).unwrap();
    let until = RunMode::UntilBoot { timeout: Duration::from_secs(1), wait: Wait::Boot };
    let given: Tunables = given.iter().copied().collect();
    let started = start_with(&root, &table(&[4420]), answers, until, |settings| settings.connections = given.into());
    let exit = started.engine.run(started.network).await.unwrap().exit;
    let written = started.written.borrow().clone();
    Ran { exit, written, status: status(&root) }
}

#[tokio::test(flavor = "current_thread")]
async fn the_kernel_is_given_what_it_lists() {
    let given = [(Tunable::NrIoQueues, 2), (Tunable::CtrlLossTmo, 600), (Tunable::Tos, 8)];
    let ran = run_with(LISTED, &given, vec![]).await;
    let expected = options(4420).replace("ctrl_loss_tmo=-1", "ctrl_loss_tmo=600,nr_io_queues=2");
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![expected]));
}

#[tokio::test(flavor = "current_thread")]
async fn a_refusal_names_the_settings() {
    let given = [(Tunable::NrIoQueues, 64), (Tunable::Tos, 8)];
    let hang = || vec![Answer::Errno(libc::EXDEV), Answer::Hang];
    let ran = run_with(LISTED, &given, hang()).await;
    let path = &ran.status.paths[0];
    let sentence = "an I/O queue has no online CPU: set nr_io_queues, nr_write_queues and nr_poll_queues to fewer queues than CPUs \
                    are online (Invalid cross-device link (os error 18))";
    assert_eq!((ran.exit, path.code.as_deref()), (Exit::Failed, Some("queue-without-cpu")));
    assert_eq!(path.reason.as_deref(), Some(format!("{sentence}; it was given nr_io_queues=64").as_str()));
    // Without given settings, the sentence names them all the same.
    let ran = run_with(LISTED, &[], hang()).await;
    assert_eq!(ran.status.paths[0].reason.as_deref(), Some(sentence));
    // No setting makes a target refuse the connection.
    let ran = run_with(LISTED, &given, vec![Answer::Errno(libc::ECONNREFUSED), Answer::Hang]).await;
    let refused = "the target refuses connections to this port (Connection refused (os error 111))";
    assert_eq!(ran.status.paths[0].reason.as_deref(), Some(refused));
}

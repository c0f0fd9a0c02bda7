//! The engine over a stand-in for the fabrics device: orderings that a virtual machine cannot force.
//!
//! The stand-in makes in a root directory of the test what the kernel would show in sysfs. Targets are real sockets on
//! loopback.

mod again;
mod ana;
pub(super) mod discovery;
pub(super) mod harness;
mod keys;
mod one_path;
mod probes;
mod redfish;
mod secured;
mod settings;
mod tls;

use harness::*;

use super::engine::{RunMode, Settings};
use crate::cli::Wait;
use crate::exit::Exit;
use crate::nvme::discovery::DiscoveryResult;
use crate::nvme::security::{Requirements, Violation};
use crate::status::schema::{HfiStatus, Outcome, State};
use libnbft::discovery_log::Log;
use libnbft::model::{self, Nqn, Table};
use libnbft::plan::{DiscoverySource, Options, Origin, Plan, Source};
use std::cell::RefCell;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(flavor = "current_thread")]
async fn one_path_is_written_without_a_trial() {
    let ran = run(&table(&[4420]), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420)]));
    assert_eq!(ran.status.namespaces[0].device.as_deref(), Some("/dev/nvme0n1"));
    assert_eq!(ran.status.message, "1 of 1 paths up, each boot namespace is there");
}

#[tokio::test(flavor = "current_thread")]
async fn a_dead_path_is_never_written_and_makes_the_boot_degraded() {
    let (dead, live) = (closed_port().await, target().await);
    let ran = run(&table(&[dead, live]), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Degraded, vec![options(live)]));
    let dead = &ran.status.paths[0];
    assert_eq!(dead.state, State::Failed);
    assert_eq!(
        dead.reason.as_deref(),
        Some("the target refuses connections to this port (Connection refused (os error 111))")
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_dead_path_marked_unavailable_is_quiet() {
    let (dead, live) = (closed_port().await, target().await);
    let mut table = table(&[dead, live]);
    table.ssns[0].flags = model::SsnsFlags(0x100);
    let ran = run(&table, vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(live)]));
}

#[tokio::test(flavor = "current_thread")]
async fn a_boot_entry_that_must_be_left_out_makes_the_boot_degraded() {
    let mut table = table(&[4420, 4421]);
    // A security profile is required: never connected in plaintext, and not waited for either.
    table.ssns[1].flags = model::SsnsFlags::USE_SECURITY;
    let ran = run(&table, vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Degraded, vec![options(4420)]));
    assert_eq!(ran.status.boot_entries_left_out, 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_refused_write_is_tried_again() {
    let ran = run(&table(&[4420]), vec![Answer::Errno(libc::ECONNREFUSED), Answer::Errno(libc::EAGAIN)], 10).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420), options(4420), options(4420)]));
    assert_eq!(ran.status.paths[0].attempts, 3);
}

#[tokio::test(flavor = "current_thread")]
async fn the_wrong_namespace_is_named_when_the_budget_is_spent() {
    let ran = run(&table(&[4420]), vec![Answer::Connect(OTHER_NID)], 1).await;
    assert_eq!(ran.exit, Exit::Failed);
    assert_eq!(
        ran.status.message,
        format!(
            "1 of 1 paths up, missing boot namespace: uuid {NID} of {NQN} (the subsystem is connected and has NSID 1 uuid {OTHER_NID} instead)"
        )
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_write_that_hangs_ends_with_the_budget() {
    let ran = run(&table(&[4420]), vec![Answer::Hang], 1).await;
    assert_eq!((ran.exit, ran.written.len()), (Exit::Failed, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn a_broken_device_ends_at_once_with_the_reason() {
    let started = Instant::now();
    let ran = run(&table(&[4420]), vec![Answer::Broken], 60).await;
    assert_eq!(ran.exit, Exit::Failed);
    assert_eq!(ran.status.namespaces[0].reason.as_deref(), Some("127.0.0.1 port 4420: gone"));
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[tokio::test(flavor = "current_thread")]
async fn twice_is_once() {
    let root = Root::new();
    let table = table(&[4420]);
    let first = run_in(&root, &table, vec![], 5).await;
    assert_eq!((first.exit, first.written.len()), (Exit::Ok, 1));
    let second = run_in(&root, &table, vec![], 5).await;
    assert_eq!((second.exit, second.written.len()), (Exit::Ok, 0));
    assert_eq!(second.status.paths[0].controller.as_deref(), Some("nvme0"));
    assert_eq!(fs::read_to_string(root.0.join("run/nvme/registry/nvme0/owner")).unwrap(), "nbft\n");
}

#[tokio::test(flavor = "current_thread")]
async fn staying_makes_again_what_the_kernel_has_removed() {
    let root = Root::new();
    let port = target().await;
    let started = start(&root, &table(&[port]), vec![], RunMode::Resident);
    let scenario = async {
        let written = |number: usize| {
            let (written, root) = (&started.written, &root);
            async move {
                let controller = Some(format!("nvme{}", number - 1));
                while written.borrow().len() < number || status(root).paths[0].controller != controller {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        };
        written(1).await;
        assert_eq!(status(&root).service, Some(7));
        fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();
        // The stand-in sends no uevents: any event triggers a scan of sysfs.
        started.events.send(ready()).unwrap();
        written(2).await;
    };
    while_running(started.engine, started.network, 20, scenario).await;
    assert_eq!(*started.written.borrow(), [options(port), options(port)]);
    let status = status(&root);
    assert_eq!(status.paths[0].controller.as_deref(), Some("nvme1"));
    assert_eq!((status.outcome, status.namespaces[0].state), (Outcome::Ok, State::Up));
}

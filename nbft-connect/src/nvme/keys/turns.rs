//! Limits the fetches that run at the same time.

use super::fetch_fault::Failure;
use std::cell::RefCell;
use tokio::sync::Semaphore;

/// Redfish services that are asked at the same time.
const AT_ONCE: usize = 16;

/// The fetches that may run at the same time.
#[derive(Debug)]
pub(super) struct Turns {
    /// The key-command, one at a time: it need not support more.
    pub(super) command: Semaphore,
    /// Services at the host interface, one at a time: each fetch sets up its NIC.
    pub(super) host_interface: Semaphore,
    /// Other services.
    pub(super) services: Semaphore,
    /// Why the key-command is not run again.
    pub(super) too_slow: RefCell<Option<Failure>>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            command: Semaphore::new(1),
            host_interface: Semaphore::new(1),
            services: Semaphore::new(AT_ONCE),
            too_slow: RefCell::default(),
        }
    }
}

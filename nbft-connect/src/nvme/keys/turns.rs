//! Who may be asked for secrets at the same time.

use std::cell::RefCell;
use tokio::sync::Semaphore;

/// How many services are asked at once.
const AT_ONCE: usize = 16;

/// Who may be asked at the same time.
#[derive(Debug)]
pub(super) struct Turns {
    /// The administrator's program may not be made to run twice at once.
    pub(super) command: Semaphore,
    /// Nor may two set up the NIC of the host interface, each for itself.
    pub(super) host_interface: Semaphore,
    pub(super) services: Semaphore,
    /// Why the administrator's program is not asked any more.
    pub(super) too_slow: RefCell<Option<String>>,
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

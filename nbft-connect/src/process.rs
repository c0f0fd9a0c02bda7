//! What a process needs on which the way to the root file system depends: it must go on while nothing can be read from
//! there.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::mman::{MlockAllFlags, mlockall};
use std::io::IsTerminal as _;

/// Keeps all memory, program and libraries included, from being dropped and read again.
pub(crate) fn lock_memory() {
    if let Err(error) = mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE) {
        log::warn!("memory cannot be locked ({error}): while no path is up, this process may come to a halt with them");
    }
}

/// Has log lines dropped rather than waited for: the journal lies on the root file system.
pub(crate) fn never_wait_for_the_log() {
    let stderr = crate::output::stderr();
    if stderr.is_terminal() {
        return;
    }
    let flags = fcntl(&stderr, FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    if let Ok(flags) = flags {
        // Without it there is nothing to be gained by ending.
        let _ = fcntl(&stderr, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK));
    }
}

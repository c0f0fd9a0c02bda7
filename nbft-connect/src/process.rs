//! Keeps a process running while the root file system is unreachable, and its secrets out of core dumps.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use std::io::IsTerminal as _;

/// Keeps this process and its children out of core dumps, and other users' processes out of its memory.
///
/// It sets both the limit and the flag: a kernel that pipes dumps to a program ignores the limit.
pub fn leave_no_core() {
    let limit = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    if let Err(error) = limit.and_then(|()| prctl::set_dumpable(false)) {
        log::warn!("a crash of this process could leave its secrets in a core dump: {error}");
    }
}

/// Locks all memory of this process, including program and libraries, so that it never waits for the disk to read them again.
pub(crate) fn lock_memory() {
    if let Err(error) = mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE) {
        log::warn!("memory cannot be locked ({error}): while no path is up, this process may come to a halt with them");
    }
}

/// Drops log lines that cannot be written at once: the journal lies on the root file system.
pub(crate) fn never_wait_for_the_log() {
    let stderr = crate::output::stderr();
    if stderr.is_terminal() {
        return;
    }
    let flags = fcntl(&stderr, FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    if let Ok(flags) = flags {
        // The process goes on without it: ending would gain nothing.
        let _ = fcntl(&stderr, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK));
    }
}

//! What a process does that holds secrets.

use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};

/// Keeps this process, and those that it forks, out of core dumps: by the limit, and by the flag, since the limit does not hold
/// for a kernel that pipes dumps to a program. Other users' processes cannot look into it any more either.
pub fn leave_no_core() {
    let limit = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    if let Err(error) = limit.and_then(|()| prctl::set_dumpable(false)) {
        log::warn!("a crash of this process could leave its secrets in a core dump: {error}");
    }
}

//! Ends the lab and all programs that it started on SIGINT or SIGTERM.

use crate::tools::error::{Error, MachineError, Result};
use nix::sys::prctl;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

static ENDED: AtomicBool = AtomicBool::new(false);

extern "C" fn end(_: nix::libc::c_int) {
    ENDED.store(true, Ordering::Relaxed);
}

/// Makes the signals set a flag instead of ending the process immediately.
pub fn watch() -> Result<()> {
    let action = SigAction::new(SigHandler::Handler(end), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler only stores to an atomic, which is async-signal-safe.
        unsafe { sigaction(signal, &action) }.map_err(|errno| MachineError::Signals(errno.into()))?;
    }
    Ok(())
}

/// Makes the kernel kill the command's process when the lab is killed.
pub fn end_with_us(command: &mut Command) {
    // SAFETY: prctl is async-signal-safe.
    unsafe { command.pre_exec(|| prctl::set_pdeathsig(Signal::SIGKILL).map_err(Into::into)) };
}

/// Returns an error if a signal has arrived.
pub fn check() -> Result<()> {
    if ENDED.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
}

//! Ends the lab, and all that it started, on SIGINT or SIGTERM.

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

/// From now on, the signals are noted, not obeyed on the spot.
pub fn watch() -> Result<()> {
    let action = SigAction::new(SigHandler::Handler(end), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler only stores to an atomic, which is async-signal-safe.
        unsafe { sigaction(signal, &action) }.map_err(|errno| MachineError::Signals(errno.into()))?;
    }
    Ok(())
}

/// When we are killed, so is the program of this command.
pub fn end_with_us(command: &mut Command) {
    // SAFETY: prctl is async-signal-safe.
    unsafe { command.pre_exec(|| prctl::set_pdeathsig(Signal::SIGKILL).map_err(Into::into)) };
}

/// An error once a signal has come.
pub fn check() -> Result<()> {
    if ENDED.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
}

//! Secrets that Redfish services hold, where a security profile's keypath leads: a program of ours fetches them.
//!
//! It takes seconds and needs a network, so whoever connects waits for it while other things go on.

use super::fetch_protocol::{Failure, Found};
use super::keypath;
use super::program::{self, Ended, Ending};
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// The program.
const PROGRAM: &str = "usr/libexec/nbft-redfish";

/// How long it may take; it has limits of its own below that.
const LIMIT: Duration = Duration::from_secs(45);

/// How much it may print, in bytes: room for a thousand keys.
const MAX_OUTPUT: usize = 512 << 10;

/// Whether a keypath needs no interface of the table: the service is behind the machine's own host interface.
#[must_use]
pub fn is_at_host_interface(keypath: &str) -> bool {
    keypath.starts_with('/')
}

/// Asks the service that a keypath leads to for the keys of a host.
pub(super) async fn ask(root: &Path, keypath: &str, hostnqn: &str) -> Result<Vec<Found>, Failure> {
    if keypath::names_user(keypath) {
        // Everybody can read the arguments of a process.
        return Err(Failure::good(format_args!("{}: {}", keypath::shown(keypath), keypath::NAMES_USER)));
    }
    let late = || Err(Failure::now(format_args!("/{PROGRAM} takes longer than {} s", LIMIT.as_secs())));
    tokio::time::timeout(LIMIT, run(root, keypath, hostnqn)).await.unwrap_or_else(|_| late())
}

async fn run(root: &Path, keypath: &str, hostnqn: &str) -> Result<Vec<Found>, Failure> {
    let program = root.join(PROGRAM);
    let said = |what: &dyn std::fmt::Display| format!("{}: {what}", program.display());
    let mut command = Command::new(&program);
    command.arg("--print").arg("--root").arg(root).args(["--", keypath, hostnqn]).env_clear();
    if let Some(credentials) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        command.env("CREDENTIALS_DIRECTORY", credentials);
    }
    let (file, missing) = (program.clone(), said(&"it is not there, and fetches what a Redfish service holds"));
    let check = move || if file.exists() { Ok(()) } else { Err(Failure::good(missing)) };
    let ended = program::run(command, MAX_OUTPUT, Ending::Term, check, |error| Failure::now(said(&error))).await?;
    let Ended { status, output, complaint } = ended;
    if output.len() > MAX_OUTPUT {
        return Err(Failure::good(said(&format_args!("it prints more than {MAX_OUTPUT} bytes"))));
    }
    match (status.success(), complaint.trim()) {
        (true, passed_over) => {
            for line in passed_over.lines() {
                log::warn!("by Redfish from {}: {}", keypath::shown(keypath), Failure::good(line));
            }
            Found::parse_all(&output).map_err(|why| Failure::good(said(&why)))
        }
        (false, "") => Err(Failure::now(said(&status))),
        (false, reason) if status.code() == Some(Failure::STATUS_FOR_NOW.into()) => Err(Failure::now(reason)),
        (false, reason) => Err(Failure::good(reason)),
    }
}

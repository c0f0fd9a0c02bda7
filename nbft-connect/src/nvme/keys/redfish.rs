//! Runs `nbft-redfish`, which fetches secrets from the Redfish service of a security profile's keypath.
//!
//! It takes seconds and needs a network, so it runs beside everything else.

use super::fetch_fault::{Failure, FetchFault, ProgramFault, reason};
use super::fetch_protocol::{Found, fault_of};
use super::keypath;
use super::program::{self, Ended, Ending};
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// The path of the program.
const PROGRAM: &str = "usr/libexec/nbft-redfish";

/// Its time limit; its own limits are lower.
const LIMIT: Duration = Duration::from_secs(45);

/// The limit of its output, in bytes: a thousand keys fit.
const MAX_OUTPUT: usize = 512 << 10;

/// Whether a keypath leads to the machine's own host interface, so it needs no interface of the table.
#[must_use]
pub fn is_at_host_interface(keypath: &str) -> bool {
    keypath.starts_with('/')
}

/// Fetches the keys of a host from the service of a keypath.
pub(super) async fn fetch(root: &Path, keypath: &str, hostnqn: &str) -> Result<Vec<Found>, Failure> {
    if keypath::names_user(keypath) {
        // Everybody can read the arguments of a process.
        return Err(Failure::good(FetchFault::NamesUser { keypath: keypath::shown(keypath).into_owned() }));
    }
    let late = || Err(Failure::now(FetchFault::Slow { program: PROGRAM, seconds: LIMIT.as_secs() }));
    tokio::time::timeout(LIMIT, run(root, keypath, hostnqn)).await.unwrap_or_else(|_| late())
}

async fn run(root: &Path, keypath: &str, hostnqn: &str) -> Result<Vec<Found>, Failure> {
    let program = root.join(PROGRAM);
    let failed = |fault| FetchFault::Program { program: program.clone(), fault };
    let mut command = Command::new(&program);
    command.arg("--print").arg("--root").arg(root).args(["--", keypath, hostnqn]).env_clear();
    if let Some(credentials) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        command.env("CREDENTIALS_DIRECTORY", credentials);
    }
    let (file, missing) = (program.clone(), failed(ProgramFault::Missing));
    let check = move || if file.exists() { Ok(()) } else { Err(Failure::good(missing)) };
    let ended = program::run(command, MAX_OUTPUT, Ending::Term, check, |error| {
        Failure::now(failed(ProgramFault::System(error.into())))
    })
    .await?;
    let Ended { status, output, stderr } = ended;
    if output.len() > MAX_OUTPUT {
        return Err(Failure::good(failed(ProgramFault::Long { limit: MAX_OUTPUT })));
    }
    match (status.success(), stderr.trim()) {
        (true, warnings) => {
            for line in warnings.lines() {
                log::warn!("by Redfish from {}: {}", keypath::shown(keypath), reason(line));
            }
            Found::parse_all(&output).map_err(|why| Failure::good(failed(ProgramFault::Output(why))))
        }
        (false, "") => Err(Failure::now(failed(ProgramFault::Ended(status)))),
        (false, text) => Err(Failure {
            is_temporary: status.code() == Some(Failure::STATUS_FOR_NOW.into()),
            fault: FetchFault::Service { status, kind: fault_of(&output), text: reason(text) },
        }),
    }
}

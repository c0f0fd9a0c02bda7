//! Starts a TPM for a machine, by swtpm.

use crate::prepare::need;
use crate::tools::error::{At, Error, MachineError, Result};
use crate::tools::signals;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The folder of swtpm's state, beside the sealed credentials.
pub const STATE: &str = "state";

/// The socket of a machine's TPM, in the machine's directory.
pub const SOCKET: &str = "tpm.sock";

/// Starts the TPM that sealed the credentials, for a machine in `dir`.
pub fn start(sealed: &Path, dir: &Path) -> Result<Child> {
    let state = dir.join("tpm");
    fs::create_dir_all(&state).at(&state)?;
    for entry in fs::read_dir(sealed.join(STATE)).at(sealed)? {
        let from = entry.at(sealed)?.path();
        let to = state.join(from.file_name().unwrap_or_default());
        fs::copy(&from, &to).at(&to)?;
    }
    swtpm(&state, &dir.join(SOCKET), &[])
}

/// Starts a TPM and waits until its control socket listens.
pub fn swtpm(state: &Path, control: &Path, more: &[&str]) -> Result<Child> {
    let mut command = Command::new(need("swtpm")?);
    command.args(["socket", "--tpm2", "--tpmstate", &format!("dir={}", state.display())]);
    command.args(["--ctrl", &format!("type=unixio,path={}", control.display())]).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    signals::end_with_us(&mut command);
    let child = command.spawn().map_err(|source| Error::Start { program: "swtpm".into(), source })?;
    let end = Instant::now() + Duration::from_secs(10);
    while !control.exists() {
        if Instant::now() > end {
            return Err(MachineError::NoTpm.into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(child)
}

//! Loads the kernel module nvme-tcp.

use libnbft::codes;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::{fmt, io};

/// Why nvme-tcp cannot be loaded. Display is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// modprobe is missing.
    #[error("the kernel module nvme-tcp is not loaded, and modprobe is missing")]
    NoModprobe,
    /// modprobe cannot be run.
    #[error("modprobe nvme-tcp: {0}")]
    Modprobe(io::Error),
    /// modprobe failed.
    #[error("the kernel module nvme-tcp cannot be loaded: {0}")]
    Refused(ModprobeFailure),
}

/// How modprobe failed. Display is modprobe's own message, or else nbft's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModprobeFailure {
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// The lines that it printed, which include the kernel's error.
    pub printed: Vec<String>,
}

impl fmt::Display for ModprobeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.printed.is_empty(), self.status) {
            (false, _) => f.write_str(&self.printed.join("; ")),
            (true, Some(status)) => write!(f, "modprobe gives no reason (status {status})"),
            (true, None) => f.write_str("modprobe was killed"),
        }
    }
}

codes!(ModuleError {
    NoModprobe => "no-modprobe",
    Modprobe => "modprobe-failed",
    Refused => "module-refused",
});

/// Whether nvme-tcp is loaded and nvme-fabrics has its device.
pub(crate) fn is_loaded(root: &Path) -> bool {
    root.join("sys/module/nvme_tcp").exists() && root.join("dev/nvme-fabrics").exists()
}

/// Loads nvme-tcp (and with it nvme-fabrics and nvme-core) unless it is loaded.
///
/// # Errors
///
/// Why it cannot be loaded.
pub async fn load(root: &Path) -> Result<(), ModuleError> {
    if is_loaded(root) {
        return Ok(());
    }
    let run = tokio::process::Command::new("modprobe")
        .args(["-q", "nvme-tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .await;
    match run {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(refused(output.status, &output.stderr)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ModuleError::NoModprobe),
        Err(error) => Err(ModuleError::Modprobe(error)),
    }
}

fn refused(status: ExitStatus, stderr: &[u8]) -> ModuleError {
    let stderr = String::from_utf8_lossy(stderr);
    let lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    ModuleError::Refused(ModprobeFailure { status: status.code(), printed: lines.map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::refused;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    #[test]
    fn the_reason_is_one_sentence() {
        let status = ExitStatus::from_raw;
        let begin = "the kernel module nvme-tcp cannot be loaded: ";
        assert_eq!(refused(status(1 << 8), b"").to_string(), format!("{begin}modprobe gives no reason (status 1)"));
        assert_eq!(refused(status(9), b"\n").to_string(), format!("{begin}modprobe was killed"));
        assert_eq!(
            refused(status(1 << 8), b"modprobe: one\nmodprobe: two\n").to_string(),
            format!("{begin}modprobe: one; modprobe: two")
        );
    }
}

//! Loads the transport's driver.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

/// Loads nvme-tcp (and with it nvme-fabrics and nvme-core) unless it is there.
///
/// # Errors
///
/// A sentence that says what failed.
pub async fn load(root: &Path) -> Result<(), String> {
    if root.join("sys/module/nvme_tcp").exists() && root.join("dev/nvme-fabrics").exists() {
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
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err("the kernel module nvme-tcp is not loaded and modprobe is not here".into())
        }
        Err(error) => Err(format!("modprobe nvme-tcp: {error}")),
    }
}

/// Why modprobe failed: what it says, or how it ended where it says nothing.
fn refused(status: ExitStatus, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let why = match (lines.is_empty(), status.code()) {
        (false, _) => lines.join("; "),
        (true, Some(code)) => format!("modprobe gives no reason (status {code})"),
        (true, None) => "modprobe was killed".into(),
    };
    format!("the kernel module nvme-tcp cannot be loaded: {why}")
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
        assert_eq!(refused(status(1 << 8), b""), format!("{begin}modprobe gives no reason (status 1)"));
        assert_eq!(refused(status(9), b"\n"), format!("{begin}modprobe was killed"));
        assert_eq!(
            refused(status(1 << 8), b"modprobe: one\nmodprobe: two\n"),
            format!("{begin}modprobe: one; modprobe: two")
        );
    }
}

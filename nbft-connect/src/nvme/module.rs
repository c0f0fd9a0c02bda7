//! Loads the transport's driver.

use std::io;
use std::path::Path;
use std::process::Stdio;

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
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("the kernel module nvme-tcp cannot be loaded (modprobe: {}) {}", output.status, said.trim()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err("the kernel module nvme-tcp is not loaded and modprobe is not here".into())
        }
        Err(error) => Err(format!("modprobe nvme-tcp: {error}")),
    }
}

//! Reads the kernel's messages about NVMe: the errno of a failed connection alone says little.

use crate::output::mask;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The kernel's log since a mark.
#[derive(Debug)]
pub struct Kmsg(Option<File>);

impl Kmsg {
    /// Opens the log. A log that cannot be opened gives no lines.
    #[must_use]
    pub fn open(root: &Path) -> Self {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(root.join("dev/kmsg"));
        Self(file.ok())
    }

    /// Sets the mark to now.
    pub fn mark(&mut self) {
        if self.0.as_mut().is_some_and(|file| file.seek(SeekFrom::End(0)).is_err()) {
            self.0 = None;
        }
    }

    /// The lines about NVMe since the mark, without duplicates; `None` when the log cannot be read.
    #[must_use]
    pub fn nvme_lines(&mut self) -> Option<Vec<String>> {
        let file = self.0.as_mut()?;
        let mut lines: Vec<String> = Vec::new();
        let mut record = [0; 8192];
        // Each read gives one record. The number is bounded, since others may log faster than this reads.
        for _ in 0..1000 {
            let length = match file.read(&mut record) {
                Ok(length) => length,
                // Some records were overwritten; the next read gives the oldest that is left.
                Err(error) if error.raw_os_error() == Some(libc::EPIPE) => continue,
                Err(_) => break,
            };
            let text = message(&String::from_utf8_lossy(&record[..length]));
            lines.extend(text.filter(|text| !lines.contains(text)));
        }
        Some(lines)
    }
}

/// The kernel logs this about an option that nbft gives each connection. It would appear with every refusal and explains none.
const REMARK: &str = "ctrl_loss_tmo < 0 will reconnect forever";

/// The text of a record (`prio,seq,time,flags;text`) if the NVMe host drivers wrote it, and it can explain something.
fn message(record: &str) -> Option<String> {
    let (_, text) = record.split_once(';')?;
    let text = text.lines().next()?.trim();
    let by_host = text.starts_with("nvme") && !text.starts_with("nvmet");
    (by_host && !text.ends_with(REMARK)).then(|| mask(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn only_lines_of_the_host_driver_count() {
        let record = "3,1,2,-;nvme nvme0: Connect command failed, error wo/DNR bit: -16384\n SUBSYSTEM=nvme\n";
        assert_eq!(message(record).as_deref(), Some("nvme nvme0: Connect command failed, error wo/DNR bit: -16384"));
        let secret = "3,1,2,-;nvme_fabrics: Invalid DH-CHAP secret DHHC-1:00:AAEC:\n";
        assert_eq!(message(secret).as_deref(), Some("nvme_fabrics: Invalid DH-CHAP secret ***"));
        assert_eq!(message("6,1,2,-;nvmet: adding nsid 1"), None);
        assert_eq!(message("4,1,2,-;nvme_fabrics: ctrl_loss_tmo < 0 will reconnect forever"), None);
        assert_eq!(message("6,1,2,-;eth0: link up"), None);
    }
}

//! Tells whether nvme-discoverd, of nvme-cli 3.2 and later, connects the table's paths beside nbft.

use std::fs;
use std::path::Path;

/// Its settings.
pub const SETTINGS: &str = "/etc/nvme/nvme-discoverd.conf";

/// Its name as the kernel shows it.
const PROCESS: &str = "nvme-discoverd";

/// Whether it runs and connects the table's paths. It distinguishes connections by source address, NQN and host ID. After a new lease, or
/// with another host ID, it therefore connects a second time.
#[must_use]
pub fn takes_nbft(root: &Path) -> bool {
    let settings = fs::read_to_string(root.join(SETTINGS.trim_start_matches('/'))).unwrap_or_default();
    !is_nbft_off(&settings) && is_running(root)
}

fn is_running(root: &Path) -> bool {
    let processes = fs::read_dir(root.join("proc")).into_iter().flatten().flatten();
    let names = processes.filter_map(|process| fs::read_to_string(process.path().join("comm")).ok());
    names.into_iter().any(|name| name.trim_end() == PROCESS)
}

/// Whether the settings switch its NBFT support off. The last such line counts.
fn is_nbft_off(settings: &str) -> bool {
    let (mut is_global, mut is_off) = (false, false);
    for line in settings.lines().map(str::trim) {
        if line.starts_with('[') {
            is_global = line.eq_ignore_ascii_case("[global]");
        } else if let Some((_, value)) = line.split_once('=').filter(|(key, _)| is_global && key.trim() == "nbft") {
            is_off = ["no", "false", "0", "off"].iter().any(|off| value.trim().eq_ignore_ascii_case(off));
        }
    }
    is_off
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_section_switches_it_off() {
        for off in ["[Global]\nnbft=false\n", "[Global]\n nbft = Off\n", "[Global]\nnbft=true\nnbft=no\n"] {
            assert!(is_nbft_off(off), "{off}");
        }
        for on in ["", "nbft=false\n", "[Global]\n#nbft = false\n", "[Other]\nnbft=false\n", "[Global]\nnbft=true\n"] {
            assert!(!is_nbft_off(on), "{on}");
        }
    }

    #[test]
    fn it_counts_only_while_it_runs() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        assert!(!takes_nbft(root));
        fs::create_dir_all(root.join("proc/77")).unwrap();
        fs::write(root.join("proc/77/comm"), "nvme-discoverd\n").unwrap();
        assert!(takes_nbft(root));
        fs::create_dir_all(root.join("etc/nvme")).unwrap();
        fs::write(root.join("etc/nvme/nvme-discoverd.conf"), "[Global]\nnbft = false\n").unwrap();
        assert!(!takes_nbft(root));
    }
}

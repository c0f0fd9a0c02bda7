//! Finds out who uses a block device: file systems, swap spaces, and devices on top of it.

use super::sysfs::attribute;
use std::fmt;
use std::fs;
use std::path::Path;

/// A user of a block device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// A file system is mounted there.
    Mounted(String),
    /// It is a swap space.
    Swap,
    /// Another block device lies on it.
    Holder(String),
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mounted(directory) => write!(f, "a file system on it is mounted at {directory}"),
            Self::Swap => f.write_str("it is a swap space"),
            Self::Holder(device) => write!(f, "/dev/{device} lies on it"),
        }
    }
}

/// A user of a disk such as `nvme0n1`, or of one of its partitions.
#[must_use]
pub fn of_disk(root: &Path, disk: &str) -> Option<User> {
    let directory = root.join("sys/block").join(disk);
    let names = names(&directory);
    let partitions = names.into_iter().filter(|name| directory.join(name).join("partition").exists());
    let parts = std::iter::once((disk.to_owned(), directory.clone()))
        .chain(partitions.map(|name| (name.clone(), directory.join(name))));
    let (mounts, swaps) = (read(root, "proc/self/mountinfo"), read(root, "proc/swaps"));
    parts.into_iter().find_map(|(name, directory)| of_part(&name, &directory, &mounts, &swaps))
}

fn of_part(name: &str, directory: &Path, mounts: &str, swaps: &str) -> Option<User> {
    if let Some(holder) = names(&directory.join("holders")).into_iter().next() {
        return Some(User::Holder(holder));
    }
    let (number, device) = (attribute(directory, "dev"), format!("/dev/{name}"));
    if let Some(mounted) = mounts.lines().find_map(|line| mounted_at(line, &number, &device)) {
        return Some(User::Mounted(mounted.to_owned()));
    }
    // Its first line names the columns.
    swaps.lines().skip(1).any(|line| line.split_whitespace().next() == Some(&device)).then_some(User::Swap)
}

/// Where a line of mountinfo says that this device is mounted. Btrfs has a device number of its own there, so the source counts
/// as well.
fn mounted_at<'l>(line: &'l str, number: &str, device: &str) -> Option<&'l str> {
    let mut words = line.split(' ');
    let (its_number, directory) = (words.nth(2)?, words.nth(1)?);
    let source = line.split_once(" - ")?.1.split(' ').nth(1)?;
    (its_number == number || source == device).then_some(directory)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn read(root: &Path, file: &str) -> String {
    fs::read_to_string(root.join(file)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn mounts_swaps_and_devices_on_top_are_users() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for (disk, number) in [("nvme0n1", "259:0"), ("nvme1n1", "259:2"), ("nvme2n1", "259:4"), ("nvme3n1", "259:5")] {
            write(root, &format!("sys/block/{disk}/dev"), number);
        }
        write(root, "sys/block/nvme0n1/nvme0n1p2/dev", "259:1\n");
        write(root, "sys/block/nvme0n1/nvme0n1p2/partition", "2\n");
        write(root, "sys/block/nvme2n1/holders/dm-0/dev", "253:0\n");
        write(
            root,
            "proc/self/mountinfo",
            "22 1 0:20 / /proc rw - proc proc rw\n25 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n\
             30 25 0:35 /@home /home rw - btrfs /dev/nvme3n1 rw\n",
        );
        write(root, "proc/swaps", "Filename\tType\tSize\n/dev/nvme1n1   partition\t1024\n");
        assert_eq!(of_disk(root, "nvme0n1"), Some(User::Mounted("/".into())));
        assert_eq!(of_disk(root, "nvme1n1"), Some(User::Swap));
        assert_eq!(of_disk(root, "nvme2n1"), Some(User::Holder("dm-0".into())));
        assert_eq!(of_disk(root, "nvme3n1"), Some(User::Mounted("/home".into())));
        assert_eq!(of_disk(root, "nvme4n1"), None);
    }
}

//! Tells whether a system is an initramfs.

use std::path::Path;

/// What only an initramfs has: systemd's and dracut's mark, and the one that our hook leaves where the generator makes neither.
const MARKS: [&str; 3] = ["etc/initrd-release", "usr/lib/initrd-release", "usr/lib/nbft/initramfs"];

/// Whether the system below `root` is an initramfs.
pub(crate) fn is_at(root: &Path) -> bool {
    MARKS.iter().any(|mark| root.join(mark).exists())
}

#[cfg(test)]
mod tests {
    use super::{MARKS, is_at};
    use std::fs;

    #[test]
    fn each_generator_leaves_a_mark() {
        for mark in MARKS {
            let directory = tempfile::tempdir().unwrap();
            assert!(!is_at(directory.path()));
            let file = directory.path().join(mark);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            assert!(is_at(directory.path()), "{mark}");
        }
    }
}

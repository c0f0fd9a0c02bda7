//! Keeps what the checks of an image need: the name of each file, and the bytes of small ones.

use std::collections::{BTreeMap, BTreeSet};

/// Most bytes of files that are kept, and most bytes of names.
pub(crate) const MAX_KEPT: usize = 96 << 20;

/// Most files of an image.
const MAX_FILES: usize = 1 << 20;

/// Largest module that is looked into, and largest list of modules, in bytes.
pub(crate) const MAX_FILE: u64 = 24 << 20;

/// What is known of an image.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Each file by its name, without `/` in front; `None` if its bytes were not kept.
    files: BTreeMap<String, Option<Vec<u8>>>,
    /// Files whose bytes are kept beside those that always are.
    wanted: BTreeSet<String>,
    kept: usize,
    /// The program that could not undo all of the compression.
    pub(crate) cut_short: Option<&'static str>,
}

impl Contents {
    /// Empty contents, which will keep the bytes of these files.
    pub(crate) fn wanting(wanted: BTreeSet<String>) -> Self {
        Self { wanted, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(crate) fn count(&self) -> usize {
        self.files.len()
    }

    /// Notes a file. Gives how many of its bytes are to be kept, or nothing if there are too many files.
    pub(super) fn enter(&mut self, name: &str, mode: u32, size: u64) -> Option<u64> {
        let name = plain(name);
        if self.files.len() >= MAX_FILES {
            return None;
        }
        self.kept = self.kept.checked_add(name.len()).filter(|kept| *kept <= MAX_KEPT)?;
        self.files.insert(name.to_owned(), None);
        // Of a program only its header is read.
        let keep = match mode & 0o170_000 {
            0o100_000 if is_binary(name) => size.min(64),
            0o100_000 if (self.wanted.contains(name) || is_small_text(name)) && size <= MAX_FILE => size,
            _ => 0,
        };
        (self.kept as u64 + keep <= MAX_KEPT as u64).then_some(keep)
    }

    /// Keeps the bytes of a file that was noted.
    pub(super) fn keep(&mut self, name: &str, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.kept += bytes.len();
            self.files.insert(plain(name).to_owned(), Some(bytes));
        }
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether there is a file of this name, also where `/bin`, `/sbin` and `/lib` are links into `/usr`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.files.contains_key(name) || self.files.contains_key(&format!("usr/{name}"))
    }

    /// The kept bytes of a file.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let in_usr = || self.files.get(&format!("usr/{name}"));
        self.files.get(name).or_else(in_usr)?.as_deref()
    }

    /// The kept bytes of a file as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

fn plain(name: &str) -> &str {
    name.trim_start_matches("./").trim_start_matches('/')
}

/// The program, wherever distributions have their programs.
pub(crate) const BINARIES: [&str; 4] = ["usr/bin/nbft", "usr/sbin/nbft", "bin/nbft", "sbin/nbft"];

fn is_binary(name: &str) -> bool {
    BINARIES.contains(&name)
}

fn is_small_text(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let of_modules = ["modules.alias", "modules.dep", "modules.builtin", "modules.builtin.modinfo"];
    of_modules.contains(&file) && folder.contains("lib/modules/")
        || matches!(name, "etc/nvme/hostnqn" | "etc/nvme/hostid" | "etc/cmdline")
        || folder == "etc/cmdline.d"
}

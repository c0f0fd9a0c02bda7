//! Finds the kernel modules of an image: by name, by alias, with what they need.

use super::contents::Contents;
use std::collections::{BTreeMap, BTreeSet};

/// The modules of one kernel version.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// Path in the image of each module, by its name with `_`.
    files: BTreeMap<String, String>,
    builtin: BTreeSet<String>,
    /// Pattern and module.
    aliases: Vec<(String, String)>,
    /// What each module needs, by name.
    needs: BTreeMap<String, Vec<String>>,
    /// Whether the image lists what is built in, and by which aliases.
    lists_builtin: bool,
    lists_builtin_aliases: bool,
}

/// The kernel versions that the image has modules for.
pub(crate) fn versions(contents: &Contents) -> BTreeSet<String> {
    let version = |name: &str| {
        let rest = name.strip_prefix("usr/").unwrap_or(name).strip_prefix("lib/modules/")?;
        rest.split_once('/').map(|(version, _)| version.to_owned())
    };
    contents.names().filter_map(version).collect()
}

/// A module's name in the form of the kernel: `nvme_tcp` of `kernel/drivers/nvme/host/nvme-tcp.ko.xz`.
pub(crate) fn name(path: &str) -> Option<String> {
    let file = path.rsplit('/').next()?;
    let end = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"].iter().find_map(|end| file.strip_suffix(end))?;
    Some(end.replace('-', "_"))
}

impl Modules {
    pub(crate) fn of(contents: &Contents, version: &str) -> Self {
        let folder = format!("lib/modules/{version}/");
        let text = |file: &str| contents.text(&format!("{folder}{file}")).unwrap_or_default();
        let in_folder = |path: &&str| path.strip_prefix("usr/").unwrap_or(path).starts_with(&folder);
        let files = contents.names().filter(in_folder).filter_map(|path| Some((name(path)?, path.to_owned())));
        let mut modules = Self { files: files.collect(), ..Self::default() };
        modules.builtin = text("modules.builtin").lines().filter_map(name).collect();
        for line in text("modules.alias").lines() {
            let mut words = line.split_ascii_whitespace();
            if let (Some("alias"), Some(pattern), Some(module)) = (words.next(), words.next(), words.next()) {
                modules.aliases.push((pattern.to_owned(), module.replace('-', "_")));
            }
        }
        modules.lists_builtin = !modules.builtin.is_empty();
        // NAME.alias=PATTERN, each followed by a NUL.
        for entry in text("modules.builtin.modinfo").split('\0') {
            let Some((key, value)) = entry.split_once('=') else { continue };
            let Some((module, key)) = key.split_once('.') else { continue };
            modules.builtin.insert(module.replace('-', "_"));
            modules.lists_builtin_aliases = true;
            if key == "alias" {
                modules.aliases.push((value.to_owned(), module.replace('-', "_")));
            }
        }
        for line in text("modules.dep").lines() {
            let Some((path, needs)) = line.split_once(':') else { continue };
            let needs = needs.split_ascii_whitespace().filter_map(name).collect();
            modules.needs.extend(name(path).map(|name| (name, needs)));
        }
        modules
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.files.contains_key(name) || self.builtin.contains(name)
    }

    /// The file of a module.
    pub(crate) fn file(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// The modules that a module needs and the image lacks. modules.dep lists indirect needs, too.
    pub(crate) fn missing_for(&self, name: &str) -> Vec<String> {
        let needs = self.needs.get(name).into_iter().flatten();
        needs.filter(|need| !self.has(need)).cloned().collect()
    }

    /// The modules that drive a device.
    pub(crate) fn of_device(&self, modalias: &str) -> BTreeSet<&str> {
        let matching = self.aliases.iter().filter(|(pattern, _)| matches(pattern.as_bytes(), modalias.as_bytes()));
        matching.map(|(_, module)| module.as_str()).collect()
    }

    /// Whether a driver that is not found is certainly missing: the image lists all aliases (mkinitcpio leaves them out), or the driver's
    /// name is known and all names are listed.
    pub(crate) fn is_sure(&self, knows_driver: bool) -> bool {
        self.lists_builtin_aliases && !self.aliases.is_empty() || self.lists_builtin && knows_driver
    }
}

/// Whether a pattern with `*` and `?` fits. Its time is at most the product of the lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// The firmware files that a module names.
pub(crate) fn firmware(module: &[u8]) -> BTreeSet<String> {
    const KEY: &[u8] = b"firmware=";
    let entries = module.split(|byte| *byte == 0).filter_map(|entry| entry.strip_prefix(KEY));
    entries.filter_map(|name| std::str::from_utf8(name).ok()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_the_kernel_has_them() {
        let modalias = b"pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00";
        assert!(matches(b"pci:v00008086d0000100Esv*sd*bc*sc*i*", modalias));
        assert!(!matches(b"pci:v00008086d0000100Fsv*sd*bc*sc*i*", modalias));
        assert!(matches(b"pci:v*d*sv*sd*bc0?sc00i*", modalias) && matches(b"*", b"") && !matches(b"", b"x"));
    }

    #[test]
    fn names_and_firmware_are_read() {
        assert_eq!(name("kernel/drivers/nvme/host/nvme-tcp.ko.xz"), Some("nvme_tcp".into()));
        assert_eq!(name("modules.dep"), None);
        let found = firmware(b"\x7fELF\0license=GPL\0firmware=bnx2/a.fw\0firmware=bnx2/b.fw\0xfirmware=c\0");
        assert_eq!(found, ["bnx2/a.fw", "bnx2/b.fw"].map(str::to_owned).into());
    }
}

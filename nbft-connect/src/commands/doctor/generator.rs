//! Finds the program that makes this machine's initramfs, so that a remedy names its command.

use std::path::Path;

/// What makes the initramfs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generator {
    /// dracut; also where nothing shows which it is, since nbft comes with a module for dracut.
    Dracut,
    /// initramfs-tools of Debian and Ubuntu.
    InitramfsTools,
    /// mkinitcpio of Arch Linux.
    Mkinitcpio,
    /// mkosi: systemd alone.
    Mkosi,
}

impl Generator {
    /// Finds the generator by its files: an image's own, or the programs of a running system. dracut may bring its own `update-initramfs`,
    /// so dracut is looked for first.
    pub(super) fn look(root: &Path) -> Self {
        Self::by(|file| root.join(file).exists())
    }

    /// Like [`Self::look`]; `exists` says whether a file or folder exists.
    pub(super) fn by(exists: impl Fn(&str) -> bool) -> Self {
        const SIGNS: [(&str, Generator); 12] = [
            ("scripts/init-top", Generator::InitramfsTools),
            ("conf/initramfs.conf", Generator::InitramfsTools),
            // Each mkinitcpio image has the first; one that starts with busybox also has the second.
            ("buildconfig", Generator::Mkinitcpio),
            ("init_functions", Generator::Mkinitcpio),
            ("usr/lib/systemd/system-preset/99-mkosi.preset", Generator::Mkosi),
            ("usr/lib/dracut", Generator::Dracut),
            ("lib/dracut", Generator::Dracut),
            ("usr/bin/dracut", Generator::Dracut),
            ("usr/sbin/update-initramfs", Generator::InitramfsTools),
            ("sbin/update-initramfs", Generator::InitramfsTools),
            ("usr/bin/mkinitcpio", Generator::Mkinitcpio),
            ("usr/bin/mkosi-initrd", Generator::Mkosi),
        ];
        let found = SIGNS.iter().find(|(file, _)| exists(file));
        found.map_or(Self::Dracut, |(_, generator)| *generator)
    }

    /// How to put nbft and its modules into the image.
    pub(super) const fn with_nbft(self) -> &'static str {
        match self {
            Self::Dracut => "dracut --force --add nbft",
            Self::InitramfsTools => "package nbft-initramfs-tools, then update-initramfs -u",
            Self::Mkinitcpio => "nbft among HOOKS in /etc/mkinitcpio.conf, then mkinitcpio -P",
            Self::Mkosi => "Include=/usr/share/nbft/mkosi in its mkosi.conf, then mkosi",
        }
    }

    /// How to put a driver into the image.
    pub(super) const fn with_driver(self) -> &'static str {
        match self {
            Self::Dracut => "dracut --force --add-drivers NAME",
            Self::InitramfsTools => "NAME in /etc/initramfs-tools/modules, then update-initramfs -u",
            Self::Mkinitcpio => "NAME among MODULES in /etc/mkinitcpio.conf, then mkinitcpio -P",
            Self::Mkosi => "KernelModulesInclude=/NAME.ko in its mkosi.conf, then mkosi",
        }
    }

    /// How to put the secrets of /etc/nbft/keys into the image.
    pub(super) const fn with_keys(self) -> &'static str {
        match self {
            Self::Dracut => "nbft_install_keys=yes in dracut.conf.d, then dracut --force",
            Self::InitramfsTools => "nbft_install_keys=yes in /etc/nbft/initramfs-tools.conf, then update-initramfs -u",
            Self::Mkinitcpio => "nbft_install_keys=yes in /etc/nbft/mkinitcpio.conf, then mkinitcpio -P",
            Self::Mkosi => "ExtraTrees=/etc/nbft/keys:/etc/nbft/keys in its mkosi.conf, then mkosi",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Generator;
    use std::fs;

    #[test]
    fn each_is_known_by_its_image_and_by_its_programs() {
        for (files, expected) in [
            (&[][..], Generator::Dracut),
            (&["scripts/init-top/udev"], Generator::InitramfsTools),
            (&["usr/sbin/update-initramfs"], Generator::InitramfsTools),
            (&["usr/sbin/update-initramfs", "usr/bin/dracut"], Generator::Dracut),
            (&["usr/lib/dracut/hooks/x", "etc/initrd-release"], Generator::Dracut),
            (&["init_functions"], Generator::Mkinitcpio),
            (&["buildconfig", "usr/lib/systemd/systemd"], Generator::Mkinitcpio),
            (&["usr/bin/mkinitcpio"], Generator::Mkinitcpio),
            (&["usr/lib/systemd/system-preset/99-mkosi.preset", "etc/initrd-release"], Generator::Mkosi),
            (&["usr/bin/mkosi-initrd"], Generator::Mkosi),
            (&["usr/bin/mkosi-initrd", "usr/bin/dracut"], Generator::Dracut),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path();
            for file in files {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            assert_eq!(Generator::look(root), expected, "{files:?}");
        }
    }

    #[test]
    fn nobody_is_told_the_command_of_another() {
        for generator in [Generator::InitramfsTools, Generator::Mkinitcpio, Generator::Mkosi] {
            for text in [generator.with_nbft(), generator.with_driver(), generator.with_keys()] {
                assert!(!text.contains("dracut"), "{text}");
            }
        }
    }
}

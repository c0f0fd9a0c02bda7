//! Makes the host's initramfs by Debian's own initramfs-tools.

use super::constants::{LUKS_KEY, LUKS_UUID};
use super::layers::put;
use crate::prepare::apt::View;
use crate::prepare::chroot::Debian;
use crate::tools::error::{At as _, Result};
use crate::tools::place::Place;
use std::path::{Path, PathBuf};

/// Packages that a Debian folder made for dracut lacks: the packages of the two generators conflict.
const PACKAGES: [&str; 8] = [
    "initramfs-tools-core",
    "klibc-utils",
    "libklibc",
    "busybox",
    "logsave",
    "linux-base",
    "cryptsetup",
    "cryptsetup-initramfs",
];

/// RESUME=none: the image must not wait for another machine's swap.
const CONF: &str = "COMPRESS=zstd\nCOMPRESSLEVEL=3\nRESUME=none\n";

/// initramfs-tools derives the devices to unlock from the mounted root; here the image is made on another machine.
const LUKS_HOOK: &str = "#!/bin/sh
[ \"$1\" = prereqs ] && echo cryptroot && exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules dm_mod dm_crypt xts algif_skcipher aesni_intel
mkdir -p \"$DESTDIR/cryptroot/keyfiles\"
cp /lab.key \"$DESTDIR/cryptroot/keyfiles/labcrypt.key\"
cp /lab.crypttab \"$DESTDIR/cryptroot/crypttab\"
";

/// Everything that an image depends on besides the script.
pub(super) fn ingredients() -> String {
    format!("{CONF}{LUKS_HOOK}{}", PACKAGES.join(" "))
}

/// The packages, unpacked, to lay over a Debian folder.
pub(super) fn packages(place: &Place, debian: Debian) -> Result<PathBuf> {
    let suite = debian.suite();
    place.cached(&format!("initramfs-tools-{suite}"), |partial| {
        let view = View::suite(place, suite)?;
        PACKAGES.iter().try_for_each(|name| view.unpack(name, partial))
    })
}

/// The packages, including the one that every machine has, to install in the folder.
pub(super) fn debs(place: &Place, debian: Debian) -> Result<PathBuf> {
    let suite = debian.suite();
    place.cached(&format!("initramfs-tools-debs-{suite}"), |partial| {
        std::fs::create_dir_all(partial).at(partial)?;
        let view = View::suite(place, suite)?;
        let names = PACKAGES
            .iter()
            .filter(|name| !name.starts_with("cryptsetup"))
            .chain(&["initramfs-tools-bin", "initramfs-tools"]);
        names.copied().try_for_each(|name| view.fetch(name, partial))
    })
}

/// Writes the configuration of initramfs-tools over the folder, with the LUKS key if there is one.
pub(super) fn configure(upper: &Path, key: bool) -> Result<()> {
    put(upper, "etc/initramfs-tools/conf.d/lab", 0o644, CONF.as_bytes())?;
    if key {
        put(upper, "lab.key", 0o600, LUKS_KEY.as_bytes())?;
        let crypttab = format!("labcrypt UUID={LUKS_UUID} /cryptroot/keyfiles/labcrypt.key luks\n");
        put(upper, "lab.crypttab", 0o644, crypttab.as_bytes())?;
        put(upper, "etc/initramfs-tools/hooks/lab", 0o755, LUKS_HOOK.as_bytes())?;
        put(upper, "etc/cryptsetup-initramfs/conf-hook", 0o644, b"CRYPTSETUP=y\n")?;
    }
    Ok(())
}

/// The script that makes the image. initramfs-tools 0.142 looks for zstd in the kernel's configuration, which the lab does not unpack, so
/// the script writes it. Where /lib is a link, packages may still contain it as a directory.
pub(super) fn script(version: &str) -> String {
    format!(
        "set -e; tar -C /lab-initramfs-tools -c --exclude=./etc/cryptsetup-initramfs . | tar -C / -x --keep-directory-symlink\n\
         mkdir -p /boot; echo CONFIG_RD_ZSTD=y > /boot/config-{version}\n\
         mkdir -p /var/tmp/lab; export TMPDIR=/var/tmp/lab\n\
         mkinitramfs -v -k -o /lab-out/initrd {version}\n\
         tree=$(ls -d /var/tmp/lab/mkinitramfs[_-]* | while read -r tree; do [ ! -e $tree/init ] || echo $tree; done)\n\
         [ -n \"$tree\" ]\n\
         du -sb --exclude='*/lib/modules' --exclude='*/lib/firmware' $tree | cut -f 1 > /lab-out/size\n\
         (cd $tree && find scripts -name ORDER -exec grep -H . {{}} + && find . ! -path '*/modules/*') > /lab-out/contents || true\n"
    )
}

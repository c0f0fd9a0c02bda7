//! Root disks. Plain ones are made without a mount; those on LVM and LUKS by a machine of their own.

use super::debian::{Besides, Manager, debian};
use super::layers::{copy, program, put};
use super::{busybox, layers};
use crate::error::{At, Result};
use crate::place::{Key, Place, remove, suffixed};
use crate::prepare::need;
use crate::shell::run;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The file system's UUID, by which every command line names the root.
pub const ROOT_UUID: &str = "6e6d7468-6f6d-4665-8f74-726f6f746673";

pub(super) const REPORT: &str = include_str!("guest-report.sh");
const BARE: &str = include_str!("bare.sh");
const MINI_INIT: &str = include_str!("mini-init.sh");

/// What is on the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// A busybox and `nbft`: reports and switches off.
    #[default]
    Mini,
    /// The same on LVM.
    Lvm,
    /// The same on LVM on LUKS.
    Luks,
    /// Debian with systemd and udev: reports, then stays for what the bench does to it.
    Debian,
    /// The same with /home on LUKS, named by crypttab and fstab as something on the network.
    Home,
    /// The same, with leave to boot without it.
    #[serde(rename = "home-nofail")]
    HomeNofail,
    /// The same with ktls-utils, whose tlshd.service runs beside what comes from the initramfs.
    Tlshd,
    /// The same with systemd-networkd, which is told to ask for an address on every Ethernet.
    Networkd,
    /// The same with NetworkManager, which is told so.
    NetworkManager,
}

/// Makes a root disk, once for each content. A Debian has the initramfs under /boot, to come back to at its end.
pub fn disk(place: &Place, root: Root, initrd: &Path) -> Result<PathBuf> {
    match root {
        Root::Mini => mini(place),
        Root::Lvm | Root::Luks => super::storage::disk(place, root == Root::Luks),
        Root::Debian => debian(place, Besides::default(), initrd),
        Root::Home => debian(place, Besides { home: Some("_netdev"), ..Besides::default() }, initrd),
        Root::HomeNofail => debian(place, Besides { home: Some("_netdev,nofail"), ..Besides::default() }, initrd),
        Root::Tlshd => debian(place, Besides { tlshd: true, ..Besides::default() }, initrd),
        Root::Networkd => debian(place, Besides::managed(Manager::Networkd), initrd),
        Root::NetworkManager => debian(place, Besides::managed(Manager::NetworkManager), initrd),
    }
}

pub(super) fn mini(place: &Place) -> Result<PathBuf> {
    let nbft = layers::nbft(place)?;
    let key = Key::new().text("mini 1").text(REPORT).text(BARE).text(MINI_INIT).file(&nbft)?;
    place.cached(&format!("images/root-mini-{}.img", key.hex()), |partial| {
        let tree = suffixed(partial, ".tree");
        remove(&tree)?;
        for dir in ["bin", "sbin", "usr/bin", "lib64", "dev", "proc", "sys", "run", "tmp", "etc", "lab"] {
            let dir = tree.join(dir);
            fs::create_dir_all(&dir).at(&dir)?;
        }
        copy(&tree, "bin/busybox", &busybox::busybox(place)?)?;
        for name in ["sh", "cat", "mount"] {
            let link = tree.join("bin").join(name);
            std::os::unix::fs::symlink("busybox", &link).at(&link)?;
        }
        program(&tree, "usr/bin/nbft", &nbft)?;
        put(&tree, "sbin/init", 0o755, MINI_INIT.as_bytes())?;
        put(&tree, "lab/report", 0o644, REPORT.as_bytes())?;
        put(&tree, "lab/bare", 0o644, BARE.as_bytes())?;
        // dracut and systemd want to see that this is a root.
        put(&tree, "etc/os-release", 0o644, b"ID=lab\nNAME=lab\n")?;
        ext4(&tree, partial, ROOT_UUID, "24M")?;
        remove(&tree)
    })
}

/// An ext4 file system with a folder's contents; needs neither root nor a mount.
pub fn ext4(tree: &Path, image: &Path, uuid: &str, size: &str) -> Result<()> {
    run(need("mke2fs")?)
        .args(["-q", "-t", "ext4", "-U", uuid, "-L", "labroot", "-E", "root_owner=0:0", "-d"])
        .arg(tree)
        .arg(image)
        .arg(size)
        .output()?;
    Ok(())
}

//! Root disks. Plain ones are made without a mount; those on LVM and LUKS by a machine of their own.

use super::layers::{copy, program, put};
use super::{busybox, layers};
use crate::error::{At, Result};
use crate::place::{Key, Place, remove, suffixed};
use crate::prepare::chroot::{Debian, chroot, inside};
use crate::prepare::need;
use crate::shell::run;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The file system's UUID, by which every command line names the root.
pub const ROOT_UUID: &str = "6e6d7468-6f6d-4665-8f74-726f6f746673";

const REPORT: &str = include_str!("guest-report.sh");
const MINI_INIT: &str = include_str!("mini-init.sh");
const REPORT_UNIT: &str = include_str!("lab-report.service");
const REPORT_RUN: &str = include_str!("lab-report-run.sh");

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
}

/// Makes a root disk, once for each content.
pub fn disk(place: &Place, root: Root) -> Result<PathBuf> {
    match root {
        Root::Mini => mini(place),
        Root::Lvm | Root::Luks => super::storage::disk(place, root == Root::Luks),
        Root::Debian => debian(place),
    }
}

fn mini(place: &Place) -> Result<PathBuf> {
    let nbft = layers::nbft(place)?;
    let key = Key::new().text("mini 1").text(REPORT).text(MINI_INIT).file(&nbft)?;
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
        // dracut and systemd want to see that this is a root.
        put(&tree, "etc/os-release", 0o644, b"ID=lab\nNAME=lab\n")?;
        ext4(&tree, partial, "24M")?;
        remove(&tree)
    })
}

fn debian(place: &Place) -> Result<PathBuf> {
    let folder = chroot(place, Debian::Trixie)?;
    let nbft = layers::nbft(place)?;
    let key = Key::new().text("debian 2").text(REPORT).text(REPORT_UNIT).text(REPORT_RUN).file(&nbft)?;
    let key = key.file(&place.repo.join("dracut-module/nbft-stay.service"))?;
    place.cached(&format!("images/root-debian-{}.img", key.hex()), |partial| {
        println!("making a root disk of Debian");
        let upper = suffixed(partial, ".upper");
        remove(&upper)?;
        copy(&upper, "usr/bin/nbft", &nbft)?;
        copy(&upper, "lab/busybox", &busybox::busybox(place)?)?;
        put(&upper, "lab/report", 0o644, REPORT.as_bytes())?;
        put(&upper, "lab/run", 0o755, REPORT_RUN.as_bytes())?;
        put(&upper, "etc/systemd/system/lab-report.service", 0o644, REPORT_UNIT.as_bytes())?;
        let stay = place.repo.join("dracut-module/nbft-stay.service");
        copy(&upper, "usr/lib/systemd/system/nbft-stay.service", &stay)?;
        // An administrator's names for the firmware's NICs, which must not win over nbftN.
        for (wire, byte) in crate::scenario::target::WIRES {
            let mac = crate::scenario::target::mac(wire, 2);
            let link = format!("[Match]\nMACAddress={mac}\n\n[Link]\nName=lan{}\n", byte - 0x0a);
            put(&upper, &format!("etc/systemd/network/10-lan-{wire}.link"), 0o644, link.as_bytes())?;
        }
        put(&upper, "etc/fstab", 0o644, format!("UUID={ROOT_UUID} / ext4 rw 0 1\n").as_bytes())?;
        let out = partial.parent().unwrap_or(Path::new("/"));
        let name = partial.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let script = format!(
            "set -e; mkdir -p /etc/systemd/system/multi-user.target.wants\n\
             ln -sf ../lab-report.service /etc/systemd/system/multi-user.target.wants/\n\
             systemctl -q enable nbft-stay.service\n\
             systemctl -q mask NetworkManager.service systemd-networkd-wait-online.service apt-daily.timer 2>&1\n\
             systemctl -q set-default multi-user.target\n\
             rm -rf /var/cache/apt /var/lib/apt/lists /usr/share/doc /usr/share/man /usr/share/locale\n\
             mke2fs -q -t ext4 -U {ROOT_UUID} -L labroot -d / /lab-out/{name} 700M",
        );
        // The folder's own /proc, /dev, /run and /tmp have to be empty in the image: mke2fs sees the mounts, so it runs on a
        // second view of the overlay.
        let script = script.replace("-d / ", "-d /lab-view ");
        let setup = "mkdir -p /lab-view /lab-out; mount --bind / /lab-view; ";
        let log = suffixed(partial, ".log");
        inside(&folder, &upper, &[(out, "/lab-out")], &format!("{setup}{script}"))?.log(&log)?;
        remove(&upper)?;
        remove(&suffixed(&upper, ".work"))?;
        remove(&suffixed(&upper, ".merged"))
    })
}

/// An ext4 file system with a folder's contents; needs neither root nor a mount.
pub fn ext4(tree: &Path, image: &Path, size: &str) -> Result<()> {
    run(need("mke2fs")?)
        .args(["-q", "-t", "ext4", "-U", ROOT_UUID, "-L", "labroot", "-E", "root_owner=0:0", "-d"])
        .arg(tree)
        .arg(image)
        .arg(size)
        .output()?;
    Ok(())
}

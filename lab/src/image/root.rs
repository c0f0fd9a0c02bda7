//! Makes the small root: a busybox and `nbft`, which report and switch off. Making it needs no mount.

use super::busybox;
use super::constants::{REPORT, ROOT_UUID};
use super::layers::{copy, ext4, nbft, program, put};
use crate::prepare::apt;
use crate::prepare::chroot::{Debian, chroot, forget, inside};
use crate::tools::error::{At, Result};
use crate::tools::place::{Key, Place, remove, suffixed};
use std::fs;
use std::path::{Path, PathBuf};

const BARE: &str = include_str!("guest/bare.sh");
const MINI_INIT: &str = include_str!("guest/mini-init.sh");

/// Makes the small root, once for each content.
pub(super) fn mini(place: &Place) -> Result<PathBuf> {
    let nbft = nbft(place)?;
    let key = Key::new().text("mini 1").text(REPORT).text(BARE).text(MINI_INIT).file(&nbft)?;
    place.cached(&format!("images/root-mini-{}.img", key.hex()), |partial| {
        let tree = tree(place, &nbft, partial)?;
        ext4(&tree, partial, ROOT_UUID, "24M")?;
        remove(&tree)
    })
}

/// Makes the small root as a live image, a squashfs, once for each content.
pub(super) fn live(place: &Place) -> Result<PathBuf> {
    let nbft = nbft(place)?;
    let key = Key::new().text("live 1").text(REPORT).text(MINI_INIT).file(&nbft)?;
    place.cached(&format!("images/root-live-{}.squashfs", key.hex()), |partial| {
        let folder = chroot(place, Debian::Trixie)?;
        let names = ["squashfs-tools", "liblzo2-2"].map(str::to_owned);
        let packages = apt::packages(place, Debian::Trixie.suite(), &names)?;
        let (tree, upper) = (tree(place, &nbft, partial)?, suffixed(partial, ".upper"));
        let out = partial.parent().unwrap_or(Path::new("/"));
        let name = partial.file_name().unwrap_or_default().to_string_lossy();
        let binds = [(packages.as_path(), "/lab-packages"), (tree.as_path(), "/lab-tree"), (out, "/lab-out")];
        let script = format!(
            "set -e; cp -a /lab-packages/. /\n\
             mksquashfs /lab-tree /lab-out/{name} -noappend -all-root -no-progress -quiet -comp zstd -Xcompression-level 3"
        );
        inside(&folder, &upper, &binds, &script)?.output()?;
        forget(&upper)?;
        remove(&tree)
    })
}

/// Makes the folder that becomes the image; it is beside the image.
fn tree(place: &Place, nbft: &Path, image: &Path) -> Result<PathBuf> {
    let tree = suffixed(image, ".tree");
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
    program(&tree, "usr/bin/nbft", nbft)?;
    put(&tree, "sbin/init", 0o755, MINI_INIT.as_bytes())?;
    put(&tree, "lab/report", 0o644, REPORT.as_bytes())?;
    put(&tree, "lab/bare", 0o644, BARE.as_bytes())?;
    // dracut and systemd check for this file before they accept a root.
    put(&tree, "etc/os-release", 0o644, b"ID=lab\nNAME=lab\n")?;
    Ok(tree)
}

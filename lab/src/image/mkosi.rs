//! Makes the host's initramfs by Debian's own mkosi-initrd: with systemd, and nothing of dracut.
//!
//! mkosi installs packages into the image. They come from a repository in the folder, which also has Debian's packages of nbft, so mkosi
//! needs no network. ukify makes a UKI from an initramfs and a kernel.

use super::layers::put;
use super::{layers, packages, preflight};
use crate::prepare::apt::{self, View};
use crate::prepare::chroot::{Debian, chroot, forget, inside};
use crate::prepare::kernel::Kernel;
use crate::prepare::need;
use crate::tools::error::{At as _, Result};
use crate::tools::place::{Key, Place, suffixed};
use crate::tools::shell::run;
use std::fs;
use std::path::{Path, PathBuf};

/// Packages that a Debian folder lacks to run mkosi and ukify. Most dependencies of mkosi's package serve disk images and signatures.
const TOOLS: [&str; 14] = [
    "mkosi",
    "systemd-ukify",
    "systemd-boot-efi",
    "python3",
    "python3-minimal",
    "python3.13",
    "python3.13-minimal",
    "libpython3-stdlib",
    "libpython3.13-stdlib",
    "libpython3.13-minimal",
    "libexpat1",
    "libffi8",
    "libreadline8t64",
    "python3-pefile",
];

/// The packages that mkosi-initrd 25 and nbft's second include install. apt resolves their dependencies.
const CONTENTS: [&str; 24] = [
    "?essential",
    "base-files",
    "systemd",
    "udev",
    "bash",
    "less",
    "p11-kit",
    "lvm2",
    "kmod",
    "dmsetup",
    "libcryptsetup12",
    "btrfs-progs",
    "e2fsprogs",
    "erofs-utils",
    "dosfstools",
    "util-linux",
    "libfido2-1",
    "^libtss2-esys-[0-9.]+-0$",
    "^libtss2-mu[0-9.-]+$",
    "libtss2-rc0",
    "libtss2-tcti-device0",
    "systemd-cryptsetup",
    "systemd-repart",
    "ktls-utils",
];

/// The folder for the EFI system partition of a run.
pub const PARTITION: &str = "esp";

/// Makes the image, once for each content, and returns its folder. `ours` adds nbft, and `tlshd` adds tlshd.
pub(super) fn make(place: &Place, kernel: &Kernel, ours: bool, tlshd: bool) -> Result<PathBuf> {
    let version = &kernel.version;
    let script = script(version, ours);
    let config = config(ours, tlshd);
    let debs = packages::debs(place)?;
    let key = preflight::add_to(Key::new().text("mkosi 1").text(&script).text(&config), place)?.tree(&debs)?;
    let key = TOOLS.iter().chain(&CONTENTS).fold(key, |key, name| key.text(name));
    let folder = chroot(place, Debian::Trixie)?;
    place.cached(&format!("images/mkosi-{}", key.hex()), |partial| {
        println!("making an initramfs: mkosi{}, {version}", if ours { "" } else { " without nbft" });
        let upper = suffixed(partial, ".upper");
        forget(&upper)?;
        fs::create_dir_all(partial).at(partial)?;
        repository(place, &debs, &upper.join("lab-repository"))?;
        put(&upper, "etc/mkosi-initrd/mkosi.conf", 0o644, config.as_bytes())?;
        preflight::describe(place, &upper, version)?;
        let modules = format!("/usr/lib/modules/{version}");
        let tools = tools(place)?;
        let from = kernel.modules.as_path();
        let binds = [(partial, "/lab-out"), (from, modules.as_str()), (tools.as_path(), "/lab-tools")];
        inside(&folder, &upper, &binds, &script)?.log(&partial.join("log"))?;
        forget(&upper)
    })
}

/// The lines that an administrator adds to mkosi-initrd's configuration.
fn config(ours: bool, tlshd: bool) -> String {
    let mut includes = String::new();
    if ours {
        includes.push_str("[Include]\nInclude=/usr/share/nbft/mkosi\n");
    }
    if tlshd {
        includes.push_str("Include=/usr/share/nbft/mkosi/tls.conf\n");
    }
    format!(
        "{includes}\n[Distribution]\nLocalMirror=file:///lab-repository\nRepositoryKeyCheck=no\n\n\
         [Output]\nCompressOutput=zstd\nCompressLevel=3\n"
    )
}

/// The script that runs in the folder. It installs nbft there, as on a machine that makes its own initramfs.
fn script(version: &str, ours: bool) -> String {
    let install = if ours { "dpkg -i /lab-repository/pool/nbft_*.deb" } else { "true" };
    let judge = if ours { preflight::judgement("/lab-out/initrd") } else { "true".to_owned() };
    format!(
        "set -exo pipefail; tar -C /lab-tools -c . | tar -C / -x --keep-directory-symlink; ldconfig; {install}\n\
         rm -f /etc/apt/sources.list; mkdir -p /usr/lib/firmware\n\
         echo 'deb [trusted=yes] file:///lab-repository trixie main' > /etc/apt/sources.list.d/lab.list\n\
         apt-get update\n\
         mkosi-initrd --kernel-version {version} --output initrd --output-dir /lab-out\n\
         mkdir /var/tmp/tree; zstd -dc /lab-out/initrd | cpio -id --quiet -D /var/tmp/tree\n\
         du -sb --exclude='*/lib/modules' --exclude='*/lib/firmware' /var/tmp/tree | cut -f 1 > /lab-out/size\n\
         (cd /var/tmp/tree && find . ! -path '*/modules/*') > /lab-out/contents\n{judge}\n"
    )
}

/// mkosi and ukify, unpacked, to lay over a Debian folder.
fn tools(place: &Place) -> Result<PathBuf> {
    apt::packages(place, Debian::Trixie.suite(), &TOOLS.map(str::to_owned))
}

/// Makes a repository in `folder` with Debian's packages and ours.
fn repository(place: &Place, debs: &Path, folder: &Path) -> Result<()> {
    let suite = Debian::Trixie.suite();
    let key = CONTENTS.iter().fold(Key::new(), |key, name| key.text(name));
    let debian = place.cached(&format!("mkosi-packages/{}", key.hex()), |partial| {
        View::suite(place, suite)?.fetch_all(&CONTENTS, partial)
    })?;
    let index = folder.join(format!("dists/{suite}/main/binary-amd64"));
    fs::create_dir_all(&index).at(&index)?;
    let pool = folder.join("pool");
    run("cp").arg("-r").arg(&debian).arg(&pool).output()?;
    run("sh").args(["-c", "cp \"$1\"/nbft_*.deb \"$2\"", "sh"]).arg(debs).arg(&pool).output()?;
    let packages = run(need("dpkg-scanpackages")?).dir(folder).args(["--multiversion", "pool"]).output()?;
    let index = index.join("Packages");
    fs::write(&index, packages).at(&index)
}

/// Makes a UKI below `dir`, on an EFI system partition from which firmware starts it without configuration. Returns the partition's
/// folder.
pub fn uki(place: &Place, kernel: &Kernel, initrd: &Path, cmdline: &str, dir: &Path) -> Result<PathBuf> {
    let partition = dir.join(PARTITION);
    let boot = partition.join("EFI/BOOT");
    fs::create_dir_all(&boot).at(&boot)?;
    let upper = dir.join("ukify");
    layers::copy(&upper, "lab/linux", &kernel.image)?;
    layers::copy(&upper, "lab/initrd", initrd)?;
    put(&upper, "lab/cmdline", 0o644, cmdline.as_bytes())?;
    layers::copy(&upper, "usr/bin/nbft", &layers::nbft(place)?)?;
    preflight::describe(place, &upper, &kernel.version)?;
    let script = format!(
        "set -ex; tar -C /lab-tools -c . | tar -C / -x --keep-directory-symlink; ldconfig\n\
         ukify build --linux /lab/linux --initrd /lab/initrd --cmdline @/lab/cmdline --uname {} --output /lab-out/BOOTX64.EFI\n\
         {}\n",
        kernel.version,
        preflight::judgement("/lab-out/BOOTX64.EFI")
    );
    let (folder, tools) = (chroot(place, Debian::Trixie)?, tools(place)?);
    let binds = [(boot.as_path(), "/lab-out"), (tools.as_path(), "/lab-tools")];
    inside(&folder, &upper, &binds, &script)?.log(&dir.join("ukify.log"))?;
    forget(&upper)?;
    Ok(partition)
}

/// UEFI firmware: its code, and its initial variables.
pub fn firmware(place: &Place) -> Result<(PathBuf, PathBuf)> {
    let folder = apt::packages(place, Debian::Trixie.suite(), &["ovmf".to_owned()])?;
    let file = |name: &str| folder.join("usr/share/OVMF").join(name);
    Ok((file("OVMF_CODE_4M.fd"), file("OVMF_VARS_4M.fd")))
}

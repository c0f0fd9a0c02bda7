//! Makes Debian folders with dracut, and runs programs inside one.

use super::{apt, need};
use crate::tools::error::{At, MachineError, Result};
use crate::tools::place::{Place, remove, suffixed};
use crate::tools::shell::{Run, run};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The Debian release that builds the initramfs and is the root of larger images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Debian {
    /// 13: dracut 106, systemd 257, nvme-cli 2.13.
    #[default]
    Trixie,
    /// 12: dracut 059, systemd 252.
    Bookworm,
}

/// The packages that every initramfs and the stock way to NVMe/TCP need.
const PACKAGES: &str = "bash,dracut,dracut-core,dracut-network,systemd,systemd-sysv,udev,dbus,kmod,zstd,xz-utils,cpio,e2fsprogs,\
    lvm2,dmsetup,cryptsetup-bin,iproute2,procps,mount,iputils-arping,isc-dhcp-client,network-manager,nvme-cli,jq,\
    uuid-runtime,libpam-systemd";

impl Debian {
    /// The suite's name.
    pub const fn suite(self) -> &'static str {
        match self {
            Self::Trixie => "trixie",
            Self::Bookworm => "bookworm",
        }
    }

    const fn extra(self) -> &'static str {
        match self {
            Self::Trixie => ",systemd-cryptsetup",
            // systemd of Debian 12 includes this.
            Self::Bookworm => "",
        }
    }
}

/// Makes the folder, once.
pub fn chroot(place: &Place, debian: Debian) -> Result<PathBuf> {
    if !nix::unistd::geteuid().is_root() {
        return Err(MachineError::NeedsRoot.into());
    }
    let suite = debian.suite();
    place.cached(&format!("chroots/{suite}"), |partial| {
        println!("making a folder of Debian {suite}");
        let include = format!("{PACKAGES}{}", debian.extra());
        let log = place.cache.join(format!("chroots/{suite}.log"));
        let cache = place.cache.join(format!("chroots/{suite}.debs"));
        fs::create_dir_all(&cache).at(&cache)?;
        // The path must be absolute: debootstrap makes links to it.
        run(need("debootstrap")?)
            .args(["--variant=minbase", &format!("--include={include}")])
            .arg(format!("--cache-dir={}", cache.display()))
            .arg(suite)
            .arg(partial)
            .arg(apt::mirror()?)
            .log(&log)?;
        let archives = partial.join("var/cache/apt/archives");
        run("sh").args(["-c", "rm -f \"$1\"/*.deb", "sh"]).arg(archives).output()?;
        let hosts = partial.join("etc/hostname");
        fs::write(&hosts, "labhost\n").at(&hosts)
    })
}

/// Removes an upper layer and what [`inside`] made for it.
pub fn forget(upper: &Path) -> Result<()> {
    [upper.to_path_buf(), suffixed(upper, ".work"), suffixed(upper, ".merged")].iter().try_for_each(|path| remove(path))
}

/// Copies programs of the folder, with the libraries that they are linked with, into one flat folder. `packages` is laid over the folder
/// first. The commands in `more` copy other files to /lab-out.
pub fn programs(folder: &Path, packages: Option<&Path>, names: &str, more: &str, flat: &Path) -> Result<()> {
    let upper = suffixed(flat, ".upper");
    fs::create_dir_all(flat).at(flat)?;
    let mut binds = vec![(flat, "/lab-out")];
    binds.extend(packages.map(|packages| (packages, "/lab-packages")));
    let lay = if packages.is_some() { "cp -a /lab-packages/. /" } else { "true" };
    let script = format!(
        "set -e; {lay}; for program in {names}; do cp -L $program /lab-out/\n\
         for word in $(ldd $program); do case $word in /*) cp -L $word /lab-out/ ;; esac; done; done\n{more}"
    );
    inside(folder, &upper, &binds, &script)?.output()?;
    forget(&upper)
}

/// Runs a script inside a folder without changing it. An overlay takes all writes, in a mount namespace that ends with the script.
///
/// `upper` holds the files to lay over the folder, and afterwards the written ones. `binds` are pairs: a directory of this machine and
/// its path inside.
pub fn inside(folder: &Path, upper: &Path, binds: &[(&Path, &str)], script: &str) -> Result<Run> {
    let work = suffixed(upper, ".work");
    let merged = suffixed(upper, ".merged");
    for dir in [upper, &work, &merged] {
        fs::create_dir_all(dir).at(dir)?;
    }
    let mut setup = String::from(
        "set -e; lower=$1 upper=$2 work=$3 merged=$4; shift 4\n\
         mount -t overlay overlay -o \"lowerdir=$lower,upperdir=$upper,workdir=$work\" \"$merged\"\n\
         mount -t proc proc \"$merged/proc\"; mount --rbind /dev \"$merged/dev\"; mount -t tmpfs run \"$merged/run\"\n\
         mount -t tmpfs tmp \"$merged/tmp\"\n",
    );
    for _ in binds {
        setup.push_str("mkdir -p \"$merged$2\"; mount --bind \"$1\" \"$merged$2\"; shift 2\n");
    }
    setup.push_str(
        "exec chroot \"$merged\" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash -c \"$1\"\n",
    );
    let mut run = run(need("unshare")?)
        .args(["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh", "-c", &setup, "sh"])
        .args([folder, upper, &work, &merged]);
    for (outside, inside) in binds {
        run = run.arg(outside).arg(inside);
    }
    Ok(run.arg(script))
}

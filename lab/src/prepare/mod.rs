//! Provides what a boot needs on this machine: tools, kernels, Debian folders. It installs only the tools.

pub mod apt;
pub mod chroot;
pub mod kernel;

use crate::tools::error::{Error, MachineError, Result};
use crate::tools::place::{Place, lock};
use crate::tools::shell::run;
use std::path::{Path, PathBuf};

/// Each tool and the package that has it.
const TOOLS: [(&str, &str); 12] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("debootstrap", "debootstrap"),
    ("mke2fs", "e2fsprogs"),
    ("zstd", "zstd"),
    ("xz", "xz-utils"),
    ("depmod", "kmod"),
    ("unshare", "util-linux"),
    ("dpkg", "dpkg"),
    ("dnsmasq", "dnsmasq-base"),
    ("openssl", "openssl"),
    ("swtpm", "swtpm"),
    ("dh", "debhelper"),
];

/// Finds a tool; users often lack the sbin directories in their PATH.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let dirs = path.split(':').chain(["/usr/sbin", "/sbin", "/usr/bin"]);
    dirs.map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())
}

/// The path of a tool that [`tools`] has checked.
pub fn need(name: &str) -> Result<PathBuf> {
    Ok(tool(name).ok_or_else(|| MachineError::NoTool { name: name.to_owned() })?)
}

/// Ensures that the tools are installed: as root it installs their packages, otherwise it prints the command.
pub fn tools(place: &Place) -> Result<()> {
    let _lock = lock(&place.cache.join("tools.lock"))?;
    let missing: Vec<&str> =
        TOOLS.iter().filter(|(name, _)| tool(name).is_none()).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install -y --no-install-recommends {}", missing.join(" "));
    if !nix::unistd::geteuid().is_root() {
        return Err(Error::Packages { line: format!("sudo sh -c '{line}'") });
    }
    println!("installing {}", missing.join(" "));
    let log = place.cache.join("tools.log");
    let view = apt::View::backports(place)?;
    let mut install = run("apt-get").env("DEBIAN_FRONTEND", "noninteractive").arg("install");
    install = install.args(["-y", "--no-install-recommends"]);
    if let Some(view) = &view {
        // Debian 12's own QEMU 7.2 sometimes corrupts flags after cmpxchg16b; the backport does not.
        install = install.env("APT_CONFIG", view.config()).args(["-t", &view.suite]);
    } else {
        run("apt-get").arg("update").log(&log)?;
    }
    install.args(missing).log(&log)
}

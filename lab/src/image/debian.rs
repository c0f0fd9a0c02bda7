//! Makes a root disk with Debian: systemd, udev, our service, and a network manager or none.

use super::constants::{HOME_LUKS_UUID, HOME_UUID, LUKS_KEY, REPORT, ROOT_UUID};
use super::exports;
use super::layers::{copy, put};
use super::{busybox, kexec, packages, tls};
use crate::prepare::apt;
use crate::prepare::chroot::{Debian, chroot, forget, inside};
use crate::prepare::kernel::Kernel;
use crate::scenario::system::{Packages, Way};
use crate::tools::error::Result;
use crate::tools::place::{Key, Place, remove, suffixed};
use std::path::{Path, PathBuf};

const REPORT_UNIT: &str = include_str!("guest/lab-report.service");
const REPORT_START: &str = include_str!("guest/lab-report-start.sh");
const REPORT_RUN: &str = include_str!("guest/lab-report-run.sh");
const MONITOR_UNIT: &str = include_str!("guest/lab-monitor.service");
const HANDOVER: &str = include_str!("guest/handover.sh");
const WRITES: &str = include_str!("guest/writes.sh");
const INSTALL: &str = include_str!("guest/install.sh");

/// A common administrator's file: DHCP on every Ethernet interface, as installers write it.
const MANAGED: &str = "[Match]\nType=ether\n\n[Network]\nDHCP=yes\n";

/// Commands that install systemd-resolved as its package does.
const RESOLVED: &str = "cp -a /lab-resolved/. /; systemd-sysusers; systemctl -q enable systemd-resolved.service; \
                        rm -f /etc/resolv.conf; ln -s /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf";

/// Commands that add what the installer copies to another disk: the kernel's modules, and Debian's packages of nbft.
fn installer(kernel: &Kernel) -> String {
    let version = &kernel.version;
    format!(
        "mkdir -p /usr/lib/modules; cp -a /lab-modules /usr/lib/modules/{version}; mkdir /lab/debs; cp {}/*.deb /lab/debs/",
        packages::DEBS
    )
}

/// The network manager of the root.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manager {
    Networkd,
    NetworkManager,
}

impl Manager {
    /// Commands that set up the network manager inside the folder.
    const fn setup(manager: Option<Self>) -> &'static str {
        match manager {
            None => "systemctl -q mask NetworkManager.service 2>&1",
            Some(Self::Networkd) => {
                "systemctl -q mask NetworkManager.service 2>&1; systemctl -q enable systemd-networkd.service; \
                 cp /lab/all-ethernet.network /etc/systemd/network/10-all.network"
            }
            // Without a profile, NetworkManager creates one for each Ethernet interface, which uses DHCP.
            Some(Self::NetworkManager) => "systemctl -q enable NetworkManager.service",
        }
    }

    /// The files that `nbft export` writes for this network manager.
    fn exports(self, place: &Place) -> Result<Vec<(String, String)>> {
        exports::files(
            place,
            match self {
                Self::Networkd => "networkd",
                Self::NetworkManager => "networkmanager",
            },
        )
    }
}

/// What the disk has beyond the plain system.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Besides<'a> {
    pub(super) manager: Option<Manager>,
    /// The mount options of a /home on LUKS.
    pub(super) home: Option<&'static str>,
    /// Whether the root has its own tlshd.
    pub(super) tlshd: bool,
    /// Whether the root has systemd-resolved.
    pub(super) resolved: bool,
    /// The kernel that the system can start by kexec.
    pub(super) kexec: Option<&'a Kernel>,
    /// Whether the system can install itself to another disk, with that kernel.
    pub(super) installs: bool,
    /// How Debian's packages of nbft get onto the disk. Without this, only the package nbft is installed, and none for a generator.
    pub(super) packages: Option<(Packages, Way)>,
}

/// Makes the disk, once for each content.
pub(super) fn debian(place: &Place, besides: Besides<'_>, initrd: &Path) -> Result<PathBuf> {
    let Besides { manager, home, tlshd, resolved, kexec, installs, packages } = besides;
    // The system that it installs gets this kernel.
    let installed = kexec.filter(|_| installs);
    let folder = chroot(place, Debian::Trixie)?;
    let files = [REPORT, REPORT_UNIT, REPORT_START, REPORT_RUN, HANDOVER, WRITES, MONITOR_UNIT, MANAGED];
    let exports = manager.map(|manager| manager.exports(place)).transpose()?.unwrap_or_default();
    let key = files.iter().fold(Key::new().text("debian 7"), |key, file| key.text(file));
    let key = exports.iter().fold(key, |key, (name, text)| key.text(name).text(text));
    let (fstab, crypttab) = tables(home);
    let own_tlshd = if tlshd { "cp -a /lab-tls/. /; systemctl -q enable tlshd.service" } else { "true" };
    let own_resolved = if resolved { RESOLVED } else { "true" };
    let installer = installed.map_or_else(|| "true".to_owned(), installer);
    // The kernel's modules need the additional space.
    let size = if installed.is_some() { "900M" } else { "700M" };
    let add_kexec = if kexec.is_some() { "cp -a /lab-kexec/. /" } else { "true" };
    let key = key
        .text(Manager::setup(manager))
        .text(&fstab)
        .text(&crypttab)
        .text(own_tlshd)
        .text(own_resolved)
        .text(installed.map_or("", |_| INSTALL))
        .text(&installer);
    let key = kexec.iter().try_fold(key.text(add_kexec), |key, kernel| key.file(&kernel.image))?;
    let debs = packages::debs(place)?;
    let install = packages.map_or_else(packages::alone, |(what, way)| packages::commands(what, way));
    let key = key.file(initrd)?.text(&install).tree(&debs)?;
    place.cached(&format!("images/root-debian-{}.img", key.hex()), |partial| {
        println!("making a root disk of Debian");
        let upper = suffixed(partial, ".upper");
        remove(&upper)?;
        // The only image, whatever the kernel's version; programs look for it under this name.
        copy(&upper, "boot/initrd.img", initrd)?;
        if let Some(kernel) = kexec {
            copy(&upper, "boot/vmlinuz", &kernel.image)?;
        }
        if installed.is_some() {
            put(&upper, "lab/install", 0o755, INSTALL.as_bytes())?;
        }
        copy(&upper, "lab/busybox", &busybox::busybox(place)?)?;
        put(&upper, "lab/report", 0o644, REPORT.as_bytes())?;
        put(&upper, "lab/start", 0o755, REPORT_START.as_bytes())?;
        put(&upper, "lab/run", 0o644, REPORT_RUN.as_bytes())?;
        put(&upper, "etc/systemd/system/lab-report.service", 0o644, REPORT_UNIT.as_bytes())?;
        put(&upper, "etc/systemd/system/lab-monitor.service", 0o644, MONITOR_UNIT.as_bytes())?;
        put(&upper, "lab/handover", 0o644, HANDOVER.as_bytes())?;
        for (name, text) in &exports {
            put(&upper, &format!("lab/exports/{name}"), 0o644, text.as_bytes())?;
        }
        put(&upper, "lab/writes", 0o644, WRITES.as_bytes())?;
        put(&upper, "lab/all-ethernet.network", 0o644, MANAGED.as_bytes())?;
        // An administrator's names for the firmware's NICs; nbftN must win over them.
        for (wire, byte) in crate::scenario::wires::WIRES {
            let mac = crate::scenario::wires::mac(wire, 2);
            let link = format!("[Match]\nMACAddress={mac}\n\n[Link]\nName=lan{}\n", byte - 0x0a);
            put(&upper, &format!("etc/systemd/network/10-lan-{wire}.link"), 0o644, link.as_bytes())?;
        }
        put(&upper, "etc/fstab", 0o644, fstab.as_bytes())?;
        put(&upper, "etc/crypttab", 0o644, crypttab.as_bytes())?;
        if home.is_some() {
            put(&upper, "etc/labhome.key", 0o600, LUKS_KEY.as_bytes())?;
        }
        let out = partial.parent().unwrap_or(Path::new("/"));
        let name = partial.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let script = format!(
            "set -e; mkdir -p /etc/systemd/system/multi-user.target.wants\n\
             ln -sf ../lab-report.service /etc/systemd/system/multi-user.target.wants/\n\
             {install}\n\
             systemctl -q enable lab-monitor.service\n\
             systemctl -q mask systemd-networkd-wait-online.service NetworkManager-wait-online.service apt-daily.timer \
             serial-getty@ttyS0.service 2>&1\n\
             {}; {}; {own_tlshd}; {own_resolved}; {add_kexec}; {installer}\n\
             systemctl -q set-default multi-user.target\n\
             rm -rf /var/cache/apt /var/lib/apt/lists /usr/share/doc /usr/share/man /usr/share/locale\n\
             mke2fs -q -t ext4 -U {ROOT_UUID} -L labroot -d / /lab-out/{name} {size}",
            Manager::setup(manager),
            // systemd's presets enable this target, but Debian does not apply them.
            home.map_or("true", |_| "systemctl -q enable remote-cryptsetup.target"),
        );
        // The folder's own /proc, /dev, /run and /tmp have to be empty in the image: mke2fs sees the mounts, so it runs on a
        // second view of the overlay.
        let script = script.replace("-d / ", "-d /lab-view ");
        let setup = "mkdir -p /lab-view /lab-out; mount --bind / /lab-view; ";
        let log = suffixed(partial, ".log");
        let packages = tlshd.then(|| tls::packages(place)).transpose()?;
        let mut binds = vec![(out, "/lab-out")];
        binds.extend(packages.as_deref().map(|packages| (packages, "/lab-tls")));
        binds.push((&debs, packages::DEBS));
        let names = ["systemd-resolved".to_owned()];
        let resolver = resolved.then(|| apt::packages(place, Debian::Trixie.suite(), &names)).transpose()?;
        binds.extend(resolver.as_deref().map(|packages| (packages, "/lab-resolved")));
        let for_kexec = kexec.map(|_| kexec::packages(place)).transpose()?;
        binds.extend(for_kexec.as_deref().map(|packages| (packages, "/lab-kexec")));
        binds.extend(installed.map(|kernel| (kernel.modules.as_path(), "/lab-modules")));
        inside(&folder, &upper, &binds, &format!("{setup}{script}"))?.log(&log)?;
        forget(&upper)
    })
}

/// fstab and crypttab.
fn tables(home: Option<&str>) -> (String, String) {
    let root = format!("UUID={ROOT_UUID} / ext4 rw 0 1\n");
    let Some(options) = home else { return (root, String::new()) };
    let fstab = format!("{root}UUID={HOME_UUID} /home ext4 {options} 0 2\n");
    (fstab, format!("labhome UUID={HOME_LUKS_UUID} /etc/labhome.key luks,{options}\n"))
}

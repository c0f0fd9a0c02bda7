//! Writes files under /run that keep network managers of the running system from harming the interfaces of the root file system.

pub mod names;

use crate::cli::Handover;
use crate::dhcp_options::ClientOptions;
use crate::export::names::Names;
use crate::export::{File, networkd, view};
use crate::initramfs;
use crate::status::schema::{PathStatus, Status};
use libnbft::plan::Plan;
use std::path::{Path, PathBuf};
use view::{Link, Nic};

/// Directories in which network managers look for settings that last until the next boot.
const NETWORKD: &str = "/run/systemd/network";
const NETWORKMANAGER: &str = "/run/NetworkManager/conf.d";
const SYSCTL: &str = "/run/sysctl.d";
const OWN: &str = "/run/nbft";
const RESOLVED: &str = "/run/systemd/resolved.conf.d";
const TMPFILES: &str = "/run/tmpfiles.d";

/// Writes the files. By default only in an initramfs, and only if a controller is connected: firmware leaves its table even if the machine
/// boots from its own disk, and then the network is not nbft's. A failure does not fail the boot.
pub fn leave(plan: &Plan, status: &Status, how: Option<Handover>, client: &ClientOptions, root: &Path) {
    let connected = status.paths.iter().any(PathStatus::is_connected);
    let unless_told = if connected && initramfs::is_at(root) { Handover::Auto } else { Handover::None };
    let how = how.unwrap_or(unless_told);
    if how == Handover::None {
        return;
    }
    let nics = view::nics(plan, Some(status), root, client);
    if nics.is_empty() {
        return;
    }
    let mut files: Vec<(&str, File)> = nics.iter().flat_map(|nic| networkd_files(nic, how)).collect();
    let told = Names::of(&nics);
    files.push((NETWORKMANAGER, networkmanager(&nics, &told, root)));
    if let Some(resolved) = told.resolved() {
        files.push((RESOLVED, resolved));
        files.push((TMPFILES, resolv_conf_where_none_is()));
    }
    files.extend(told.resolv_conf().map(|text| (OWN, File::new("resolv.conf".into(), text))));
    files.push((SYSCTL, sysctl(&nics)));
    for (directory, file) in files {
        let directory = under(root, directory);
        if let Err(error) = file.write(&directory) {
            log::warn!("{}: {}: {error}", directory.display(), file.name);
        }
    }
}

fn under(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// networkd takes over links with a lease to renew, and leaves fixed ones alone. The one link by which the system counts as online is an
/// exception: systemd-networkd-wait-online considers only what networkd manages.
fn networkd_files(nic: &Nic, how: Handover) -> Vec<(&'static str, File)> {
    let taken_over = |link: &Link| link.is_leased() || link.is_online;
    let adopt = how == Handover::Adopt || how == Handover::Auto && nic.links.iter().any(taken_over);
    if !adopt {
        return vec![(NETWORKD, unmanaged(&nic.name, names(nic)))];
    }
    // udev's rule gives the name, and an administrator other settings of the link. A bond stays as it was made: networkd would bring its
    // ports down to make them ports.
    let ports = nic.bond.as_ref().map(|_| unmanaged(&format!("{}-ports", nic.name), nic.ports()));
    networkd::network_files(nic).into_iter().chain(ports).map(|file| (NETWORKD, file)).collect()
}

/// Keeps networkd away from these links.
fn unmanaged<'a>(name: &str, links: impl Iterator<Item = &'a str>) -> File {
    let links: Vec<&str> = links.collect();
    File::new(format!("05-{name}.network"), format!("[Match]\nName={}\n\n[Link]\nUnmanaged=yes\n", links.join(" ")))
}

fn names(nic: &Nic) -> impl Iterator<Item = &str> {
    let vlans = nic.links.iter().filter(|link| link.vlan.is_some());
    std::iter::once(nic.name.as_str()).chain(vlans.map(|link| link.name.as_str())).chain(nic.ports())
}

/// Keeps NetworkManager away from the devices. Even without other devices, it must not write a resolv.conf without servers.
fn networkmanager(nics: &[Nic], told: &Names, root: &Path) -> File {
    let devices: Vec<String> = nics.iter().flat_map(names).map(|name| format!("interface-name:{name}")).collect();
    let mut text = format!("[device-nbft]\nmatch-device={}\nmanaged=0\n", devices.join(","));
    if !has_other_nics(nics, root) {
        text.extend(told.networkmanager());
    }
    File::new("50-nbft.conf".into(), text)
}

/// Whether the machine has NICs that the tables do not name, or may have.
fn has_other_nics(nics: &[Nic], root: &Path) -> bool {
    let Ok(links) = root.join("sys/class/net").read_dir() else { return true };
    let others = links.flatten().filter(|link| link.path().join("device").exists());
    let is_ours = |name: &str| nics.iter().flat_map(names).any(|ours| ours == name);
    others.into_iter().any(|link| !link.file_name().to_str().is_some_and(is_ours))
}

/// For a system where no program makes /etc/resolv.conf. systemd-resolved's own line for it sorts before and wins.
fn resolv_conf_where_none_is() -> File {
    File::new("zz-nbft.conf".into(), "L /etc/resolv.conf - - - - /run/nbft/resolv.conf\n".into())
}

/// The settings that `connect` made, since the running system sets its own. Keys are separated by slashes, since names of VLANs have dots;
/// the dash tolerates a missing interface.
fn sysctl(nics: &[Nic]) -> File {
    let mut text = String::new();
    for name in nics.iter().flat_map(names) {
        let (key, value) = crate::net::RP_FILTER;
        text += &format!("-net/ipv4/conf/{name}/{key} = {value}\n");
    }
    for link in nics.iter().flat_map(|nic| &nic.links) {
        for (key, value) in crate::net::ARP_SYSCTLS.into_iter().filter(|_| view::shares_subnet(nics, link)) {
            text += &format!("-net/ipv4/conf/{}/{key} = {value}\n", link.name);
        }
        let on = link.has_ipv6().then_some(("disable_ipv6", "0"));
        for (key, value) in on.into_iter().chain(link.advertised().sysctls()) {
            text += &format!("-net/ipv6/conf/{}/{key} = {value}\n", link.name);
        }
    }
    File::new("50-nbft.conf".into(), text)
}

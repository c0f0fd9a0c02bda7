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

/// Where the network managers look for what holds until the next boot.
const NETWORKD: &str = "/run/systemd/network";
const NETWORKMANAGER: &str = "/run/NetworkManager/conf.d";
const SYSCTL: &str = "/run/sysctl.d";
const OWN: &str = "/run/nbft";
const RESOLVED: &str = "/run/systemd/resolved.conf.d";
const TMPFILES: &str = "/run/tmpfiles.d";

/// Leaves the files. Without being told, only an initramfs has something to hand over, and only when a controller is
/// connected: firmware leaves its table also where the machine boots from its own disk, whose network is not ours then. No
/// failure is one of the boot.
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
    let mut files: Vec<(&str, File)> = nics.iter().flat_map(|nic| networkd_files(nic, plan, how)).collect();
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

/// networkd takes over what has a lease to renew, and leaves alone what is fixed, but for the one link by which the system counts as
/// online: systemd-networkd-wait-online looks at what networkd manages only.
fn networkd_files(nic: &Nic, plan: &Plan, how: Handover) -> Vec<(&'static str, File)> {
    let taken_over = |link: &Link| link.is_leased() || link.is_online;
    let adopt = how == Handover::Adopt || how == Handover::Auto && nic.links.iter().any(taken_over);
    if !adopt {
        let names: Vec<&str> = names(nic).collect();
        let text = format!("[Match]\nName={}\n\n[Link]\nUnmanaged=yes\n", names.join(" "));
        return vec![(NETWORKD, File::new(format!("05-{}.network", nic.name), text))];
    }
    // The name is udev's rule's to give, and other settings of the link an administrator's.
    let files = networkd::files(std::slice::from_ref(nic), plan.names).into_iter();
    files.filter(|file| !file.name.ends_with(".link")).map(|file| (NETWORKD, file)).collect()
}

fn names(nic: &Nic) -> impl Iterator<Item = &str> {
    let vlans = nic.links.iter().filter(|link| link.vlan.is_some());
    std::iter::once(nic.name.as_str()).chain(vlans.map(|link| link.name.as_str()))
}

/// The devices are not for NetworkManager. If there are no others, it still must not write a resolv.conf without servers.
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
    others.into_iter().any(|link| !nics.iter().any(|nic| link.file_name().to_str() == Some(nic.name.as_str())))
}

/// For a system whose /etc/resolv.conf nobody makes. systemd-resolved's own line for it sorts before and wins.
fn resolv_conf_where_none_is() -> File {
    File::new("zz-nbft.conf".into(), "L /etc/resolv.conf - - - - /run/nbft/resolv.conf\n".into())
}

/// The settings that `connect` made, for when the running system sets its own. Keys are parted by slashes, since names of
/// VLANs have dots; the dash forgives an interface that is not there.
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

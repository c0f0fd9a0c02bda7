//! Makes the root disk that a scenario asks for.

use super::debian::{Besides, Manager, debian};
use super::root::mini;
use super::storage;
use crate::prepare::kernel::Kernel;
use crate::scenario::Scenario;
use crate::scenario::system::Root;
use crate::tools::error::Result;
use crate::tools::place::Place;
use std::path::{Path, PathBuf};

/// Makes a root disk, once for each content. Debian gets the initramfs in /boot, since it returns to it at shutdown.
pub fn disk(place: &Place, scenario: &Scenario, kernel: &Kernel, initrd: &Path) -> Result<PathBuf> {
    let packages = scenario.packages.map(|packages| (packages, scenario.way));
    let besides = Besides { packages, ..Besides::default() };
    let root = scenario.root;
    match root {
        Root::Mini => mini(place),
        Root::Lvm | Root::Luks => storage::disk(place, root == Root::Luks),
        Root::Debian => debian(place, besides, initrd),
        Root::Home => debian(place, Besides { home: Some("_netdev"), ..besides }, initrd),
        Root::HomeNofail => debian(place, Besides { home: Some("_netdev,nofail"), ..besides }, initrd),
        Root::Tlshd => debian(place, Besides { tlshd: true, ..besides }, initrd),
        Root::Resolved => debian(place, Besides { resolved: true, ..besides }, initrd),
        Root::Kexec => debian(place, Besides { kexec: Some(kernel), ..besides }, initrd),
        Root::Installer => debian(place, Besides { kexec: Some(kernel), installs: true, ..besides }, initrd),
        Root::Networkd => debian(place, Besides { manager: Some(Manager::Networkd), ..besides }, initrd),
        Root::NetworkManager => debian(place, Besides { manager: Some(Manager::NetworkManager), ..besides }, initrd),
    }
}

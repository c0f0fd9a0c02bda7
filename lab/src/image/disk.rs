//! Makes the root disk that a scenario asks for.

use super::debian::{Besides, Manager, debian};
use super::root::mini;
use super::storage;
use crate::prepare::kernel::Kernel;
use crate::scenario::system::Root;
use crate::tools::error::Result;
use crate::tools::place::Place;
use std::path::{Path, PathBuf};

/// Makes a root disk, once for each content. A Debian has the initramfs under /boot, to come back to at its end.
pub fn disk(place: &Place, root: Root, kernel: &Kernel, initrd: &Path) -> Result<PathBuf> {
    match root {
        Root::Mini => mini(place),
        Root::Lvm | Root::Luks => storage::disk(place, root == Root::Luks),
        Root::Debian => debian(place, Besides::default(), initrd),
        Root::Home => debian(place, Besides { home: Some("_netdev"), ..Besides::default() }, initrd),
        Root::HomeNofail => debian(place, Besides { home: Some("_netdev,nofail"), ..Besides::default() }, initrd),
        Root::Tlshd => debian(place, Besides { tlshd: true, ..Besides::default() }, initrd),
        Root::Resolved => debian(place, Besides { resolved: true, ..Besides::default() }, initrd),
        Root::Kexec => debian(place, Besides { kexec: Some(kernel), ..Besides::default() }, initrd),
        Root::Networkd => debian(place, Besides::managed(Manager::Networkd), initrd),
        Root::NetworkManager => debian(place, Besides::managed(Manager::NetworkManager), initrd),
    }
}

//! Provides Debian's `tlshd` and its libraries, for the target and for the host.

use crate::image::cpio::Cpio;
use crate::prepare::apt::View;
use crate::prepare::chroot::{Debian, chroot, programs};
use crate::tools::error::{At, Result};
use crate::tools::place::Place;
use std::fs;
use std::path::PathBuf;

/// Where the target has its programs and their libraries.
const FOLDER: &str = "lab/tls";

/// The packages of `tlshd` and of what a minimal Debian lacks for it, unpacked: to be laid over a Debian folder.
pub fn packages(place: &Place) -> Result<PathBuf> {
    place.cached("tls-packages", |partial| {
        let view = View::suite(place, Debian::Trixie.suite())?;
        ["ktls-utils", "libnl-3-200", "libnl-genl-3-200", "keyutils"]
            .iter()
            .try_for_each(|name| view.unpack(name, partial))
    })
}

/// `tlshd`, `keyctl` and all their libraries in one flat folder, out of Debian's folder.
fn tools(place: &Place) -> Result<PathBuf> {
    place.cached("tls-tools", |partial| {
        let folder = chroot(place, Debian::Trixie)?;
        programs(&folder, Some(&packages(place)?), "/usr/sbin/tlshd /usr/bin/keyctl", "", partial)
    })
}

/// Puts the target's programs into its archive. They have their own loader, so that they get along with whatever else is there.
pub fn add(place: &Place, cpio: &mut Cpio) -> Result<()> {
    let tools = tools(place)?;
    cpio.above(&format!("{FOLDER}/x"));
    for entry in fs::read_dir(&tools).at(&tools)? {
        let path = entry.at(&tools)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        cpio.copy(&format!("{FOLDER}/{name}"), &path)?;
    }
    Ok(())
}

//! Provides Debian's `tlshd` and its libraries, for the target and for the host.

use crate::image::cpio::Cpio;
use crate::prepare::apt::View;
use crate::prepare::chroot::{Debian, chroot, programs};
use crate::tools::error::{At, Result};
use crate::tools::place::Place;
use std::fs;
use std::path::PathBuf;

/// The folder of the programs and their libraries on the target.
const FOLDER: &str = "lab/tls";

/// The packages of `tlshd` and of its dependencies that a minimal Debian lacks, unpacked, to lay over a Debian folder.
pub fn packages(place: &Place) -> Result<PathBuf> {
    place.cached("tls-packages", |partial| {
        let view = View::suite(place, Debian::Trixie.suite())?;
        ["ktls-utils", "libnl-3-200", "libnl-genl-3-200", "keyutils"]
            .iter()
            .try_for_each(|name| view.unpack(name, partial))
    })
}

/// `tlshd`, `keyctl` and all their libraries in one flat folder, copied from Debian's folder.
fn tools(place: &Place) -> Result<PathBuf> {
    place.cached("tls-tools", |partial| {
        let folder = chroot(place, Debian::Trixie)?;
        programs(&folder, Some(&packages(place)?), "/usr/sbin/tlshd /usr/bin/keyctl", "", partial)
    })
}

/// Adds the programs to the target's archive. They bring their own loader, so they do not depend on the target's other files.
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

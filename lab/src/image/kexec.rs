//! Provides Debian's kexec and makedumpfile, to lay over a Debian folder.

use crate::prepare::apt::View;
use crate::prepare::chroot::Debian;
use crate::tools::error::Result;
use crate::tools::place::Place;
use std::path::PathBuf;

/// The programs, and the libraries that a minimal Debian lacks for them: kexec is linked with Xen's.
const PACKAGES: [&str; 14] = [
    "kexec-tools",
    "libxenmisc4.20",
    "libxencall1",
    "libxendevicemodel1",
    "libxenevtchn1",
    "libxenforeignmemory1",
    "libxengnttab1",
    "libxenhypfs1",
    "libxenstore4",
    "libxentoolcore1",
    "libxentoollog1",
    "makedumpfile",
    "libdw1t64",
    "liblzo2-2",
];

/// The packages, unpacked.
pub(super) fn packages(place: &Place) -> Result<PathBuf> {
    place.cached("kexec-packages", |partial| {
        let view = View::suite(place, Debian::Trixie.suite())?;
        PACKAGES.iter().try_for_each(|name| view.unpack(name, partial))
    })
}

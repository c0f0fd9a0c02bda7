//! The target's machine: an nvmet server in an archive, set up as a scenario says.

use crate::cpio::Cpio;
use crate::error::{At, Result};
use crate::image::busybox;
use crate::place::{Key, Place};
use crate::prepare::kernel::Kernel;
use crate::scenario::target::Target;
use std::fs;
use std::path::Path;

const MODULES: [&str; 7] = ["virtio_pci", "virtio_net", "virtio_blk", "8021q", "configfs", "nvmet", "nvmet_tcp"];

const INIT: &str = include_str!("target-init.sh");

/// Writes the archive of a scenario's target: the common part, which is kept, and the setup behind it.
pub fn write(place: &Place, kernel: &Kernel, target: &Target, path: &Path) -> Result<()> {
    let key = Key::new().text(INIT).text(&kernel.version).text(include_str!("busybox.rs")).text(&MODULES.join(" "));
    let common = place.cached(&format!("images/target-{}.cpio", key.hex()), |partial| {
        let cpio = busybox::archive(place, kernel, &MODULES, INIT)?;
        fs::write(partial, cpio.finish()).at(partial)
    })?;
    let mut bytes = fs::read(&common).at(&common)?;
    let mut setup = Cpio::new();
    setup.file("lab/setup", 0o755, target.script().as_bytes());
    bytes.extend(setup.finish());
    fs::write(path, bytes).at(path)
}

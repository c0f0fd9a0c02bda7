//! Makes the images of a run.

use crate::image::initrd::{Initrd, Recipe};
use crate::image::{disk, storage};
use crate::prepare::kernel::{Kernel, kernel};
use crate::scenario::Scenario;
use crate::scenario::system::{Init, Root, Way};
use crate::tools::error::Result;
use crate::tools::place::Place;
use std::path::PathBuf;

/// All images of a run, made beforehand so that many runs share them.
#[derive(Debug, Clone)]
pub struct Images {
    pub(super) kernel: Kernel,
    pub(super) target_kernel: Kernel,
    pub(super) initrd: Initrd,
    pub(super) disk: PathBuf,
    /// The disk with /home.
    pub(super) home: Option<PathBuf>,
}

/// Makes the images that a scenario needs.
pub fn images(place: &Place, scenario: &Scenario, init: Init, way: Way) -> Result<Images> {
    make(place, scenario, init, way, false)
}

/// Like [`images`], with marks of dracut's hooks in the kernel's log.
pub fn marked_images(place: &Place, scenario: &Scenario, init: Init) -> Result<Images> {
    make(place, scenario, init, scenario.way, true)
}

fn make(place: &Place, scenario: &Scenario, init: Init, way: Way, marks: bool) -> Result<Images> {
    let target_kernel = kernel(place, scenario.target_kernel)?;
    let kernel = kernel(place, scenario.kernel)?;
    let key = scenario.root == Root::Luks && !scenario.keyless;
    let recipe = Recipe {
        init,
        way,
        packages: scenario.packages,
        debian: scenario.debian,
        kernel: &kernel,
        key,
        marks,
        tlshd: scenario.tlshd,
        tpm: !scenario.tpm.is_empty(),
        kexec: matches!(scenario.root, Root::Kexec | Root::Installer),
        building: &scenario.building,
    };
    let initrd = recipe.make(place)?;
    let disk = disk::disk(place, scenario, &kernel, &initrd.path)?;
    let home = match scenario.target.as_ref().is_some_and(|target| target.home) {
        true => Some(storage::home(place)?),
        false => None,
    };
    Ok(Images { kernel, target_kernel, initrd, disk, home })
}

impl Images {
    /// Size of the initramfs without modules, uncompressed.
    pub const fn plain_size(&self) -> u64 {
        self.initrd.plain_size
    }
}

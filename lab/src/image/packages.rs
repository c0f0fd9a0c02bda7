//! Builds Debian's packages of nbft, and gives the commands that install and remove them.

use super::layers::{copy, nbft, redfish};
use crate::prepare::kernel::Kernel;
use crate::scenario::system::{Packages, Way};
use crate::tools::error::{At, Result};
use crate::tools::place::{Key, Place, suffixed};
use crate::tools::shell::run;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the packages in the Debian folder.
pub(super) const DEBS: &str = "/lab-debs";

/// Makes older packages of the same files whose program does nothing: an image that is not rebuilt on the upgrade does not boot.
const OLDER: &str = "mkdir -p /var/tmp/older
for deb in /lab-debs/nbft_*.deb /lab-debs/$generator_*.deb; do
    rm -rf /var/tmp/deb; dpkg-deb -R $deb /var/tmp/deb
    [ ! -e /var/tmp/deb/usr/bin/nbft ] || cp /bin/true /var/tmp/deb/usr/bin/nbft
    version=$(dpkg-deb -f $deb Version)
    sed -i \"s/$version/0.0.1-1/\" /var/tmp/deb/DEBIAN/control
    dpkg-deb -b /var/tmp/deb /var/tmp/older > /dev/null
done
dpkg -i /var/tmp/older/*.deb; rm -rf /var/tmp/deb /var/tmp/older
";

/// The folders and files that go into the packages besides the programs.
const FOLDERS: [&str; 8] = [
    "packaging/debian",
    "packaging/completions",
    "dracut-module",
    "initramfs-tools",
    "mkosi",
    "man",
    "contrib",
    "libnbft/schema",
];

/// Builds the packages as they are shipped, without the C library, once for each content.
pub(super) fn debs(place: &Place) -> Result<PathBuf> {
    let nbft = nbft(place)?;
    let mut key = Key::new().text("debs 1").file(&nbft)?.file(&redfish(&nbft))?;
    for folder in FOLDERS {
        key = key.tree(&place.repo.join(folder))?;
    }
    for file in ["packaging/install", "packaging/85-nbft.preset", "packaging/85-nbft-initrd.preset", "README.md"] {
        key = key.file(&place.repo.join(file))?;
    }
    place.cached(&format!("images/debs-{}", key.hex()), |partial| {
        println!("building Debian's packages");
        fs::create_dir_all(partial).at(partial)?;
        let programs = nbft.parent().unwrap_or(Path::new("/"));
        let build = run(place.repo.join("packaging/build")).arg("deb").env("DIST", partial).env("PROGRAMS", programs);
        build.env("LIBRARY", "none").env("LINT", "no").log(&suffixed(partial, ".log"))
    })
}

/// The name of the package for the initramfs generator.
const fn generator(way: Way) -> &'static str {
    if way.by_initramfs_tools() { "nbft-initramfs-tools" } else { "nbft-dracut" }
}

/// A command that installs nbft without a package for an initramfs generator.
pub(super) fn alone() -> String {
    format!("dpkg -i {DEBS}/nbft_*.deb")
}

/// Commands that install, upgrade or remove packages as an administrator does.
pub(super) fn commands(packages: Packages, way: Way) -> String {
    let generator = generator(way);
    let install = format!("dpkg -i {DEBS}/nbft_*.deb {DEBS}/{generator}_*.deb");
    match packages {
        Packages::Installed => install,
        Packages::Upgraded => format!("{}{install}", OLDER.replace("$generator", generator)),
        Packages::Removed => format!("{install}; dpkg --remove {generator}"),
    }
}

/// The script that runs in the folder: only the packages' triggers make the image.
pub(super) fn script(packages: Packages, way: Way, version: &str) -> String {
    // The packages of the two generators conflict. The trigger rebuilds only images that exist.
    let before = format!(
        "dpkg --purge dracut dracut-network dracut-core; : > /boot/initrd.img-{version}; dpkg -i /lab-initramfs-tools/*.deb"
    );
    let (before, unpack) = if way.by_initramfs_tools() {
        (before.as_str(), "unmkinitramfs $image .")
    } else {
        ("true", "lsinitrd --unpack $image")
    };
    format!(
        "set -ex; export DEBIAN_FRONTEND=noninteractive; {before}\n{}\n\
         image=/boot/initrd.img-{version}; cp $image /lab-out/initrd; mkdir /var/tmp/tree; cd /var/tmp/tree; {unpack}\n\
         du -sb --exclude='*/lib/modules' --exclude='*/lib/firmware' . | cut -f 1 > /lab-out/size\n\
         find . ! -path '*/modules/*' > /lab-out/contents\n",
        commands(packages, way)
    )
}

/// Copies a kernel into the folder as its package does: the triggers make images for the kernels in /boot.
pub(super) fn kernel(upper: &Path, kernel: &Kernel) -> Result<()> {
    let boot = kernel.image.parent().unwrap_or(Path::new("/"));
    for name in ["vmlinuz", "config"] {
        let file = format!("{name}-{}", kernel.version);
        copy(upper, &format!("boot/{file}"), &boot.join(&file))?;
    }
    Ok(())
}

//! Makes small archives around a static busybox from Debian.

use crate::image::cpio::Cpio;
use crate::image::kernel_modules;
use crate::prepare::apt::View;
use crate::prepare::kernel::Kernel;
use crate::tools::error::Result;
use crate::tools::place::Place;
use std::path::PathBuf;

/// The path of the binary.
pub fn busybox(place: &Place) -> Result<PathBuf> {
    let folder = place.cached("busybox", |partial| View::suite(place, "trixie")?.unpack("busybox-static", partial))?;
    Ok(folder.join("usr/bin/busybox"))
}

/// An archive with busybox, kernel modules, and `init`.
///
/// The archive's /init mounts the kernel's file systems, loads the modules, then runs the shell commands `init`.
pub fn archive(place: &Place, kernel: &Kernel, names: &[&str], init: &str) -> Result<Cpio> {
    let mut cpio = Cpio::new();
    for dir in ["bin", "dev", "proc", "sys", "run", "tmp", "etc", "lib", "lib/modules", "lab", "mnt"] {
        cpio.dir(dir);
    }
    cpio.copy("bin/busybox", &busybox(place)?)?;
    cpio.link("bin/sh", "busybox");
    let mut load = String::new();
    for (name, data) in kernel_modules::closure(kernel, names)? {
        let path = format!("lib/modules/{name}");
        cpio.file(&path, 0o644, &data);
        load.push_str(&format!("insmod /{path}\n"));
    }
    let script = format!(
        "#!/bin/sh\n/bin/busybox --install -s /bin\nexport PATH=/bin\nmount -t proc proc /proc\nmount -t sysfs sys /sys\n\
         mount -t devtmpfs dev /dev\nexec < /dev/console > /dev/console 2>&1\n{load}{init}"
    );
    cpio.file("init", 0o755, script.as_bytes());
    Ok(cpio)
}

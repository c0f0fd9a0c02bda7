//! Unpacks stock kernels: an ELF image that QEMU starts directly, and its modules.

use super::apt::View;
use super::need;
use crate::tools::error::{At, MachineError, Result};
use crate::tools::place::Place;
use crate::tools::shell::run;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A stock kernel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Flavour {
    /// 6.12 for clouds (Debian 13): the quickest.
    #[default]
    #[serde(rename = "6.12-cloud")]
    Cloud612,
    /// 6.12 for any PC (Debian 13).
    #[serde(rename = "6.12")]
    Generic612,
    /// 6.1 for any PC (Debian 12).
    #[serde(rename = "6.1")]
    Generic61,
    /// The latest backport for clouds (Debian 13): for features that 6.12 lacks.
    #[serde(rename = "backports-cloud")]
    CloudBackports,
}

impl Flavour {
    const fn source(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Cloud612 => ("trixie", "linux-image-cloud-amd64", "6.12-cloud"),
            Self::Generic612 => ("trixie", "linux-image-amd64", "6.12"),
            Self::Generic61 => ("bookworm", "linux-image-amd64", "6.1"),
            Self::CloudBackports => ("trixie-backports", "linux-image-cloud-amd64", "backports-cloud"),
        }
    }
}

/// An unpacked kernel.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// The version, as `uname -r` prints it.
    pub version: String,
    /// The image as packaged, a bzImage.
    pub image: PathBuf,
    /// The ELF image in it.
    pub vmlinux: PathBuf,
    /// The directory of its modules.
    pub modules: PathBuf,
}

/// Downloads and unpacks a kernel, once.
pub fn kernel(place: &Place, flavour: Flavour) -> Result<Kernel> {
    let (suite, meta, name) = flavour.source();
    let folder = place.cached(&format!("kernels/{name}"), |partial| {
        let view = View::suite(place, suite)?;
        let package = view.resolve(meta, "linux-image-")?;
        view.unpack(&package, partial)?;
        if !partial.join("boot").exists() {
            // Since Linux 7, Debian splits the kernel into several packages.
            for part in ["linux-binary-", "linux-modules-", "linux-base-"] {
                view.unpack(&view.resolve(&package, part)?, partial)?;
            }
        }
        let (version, image) = image(partial)?;
        // Debian 13's packages have the modules in /usr/lib, Debian 12's in /lib; this makes one path for both.
        let lib = partial.join("lib");
        if !lib.exists() {
            std::os::unix::fs::symlink("usr/lib", &lib).at(&lib)?;
        }
        run(need("depmod")?).arg("-b").arg(partial).arg(&version).output()?;
        let elf = extract(&fs::read(&image).at(&image)?)?;
        let vmlinux = partial.join("vmlinux");
        fs::write(&vmlinux, elf).at(&vmlinux)
    })?;
    let (version, image) = image(&folder)?;
    let modules = folder.join("lib/modules").join(&version);
    Ok(Kernel { image, vmlinux: folder.join("vmlinux"), modules, version })
}

/// The version of an unpacked kernel and its bzImage, which is in /boot or with the modules.
fn image(folder: &Path) -> Result<(String, PathBuf)> {
    let entries = |directory: &str| fs::read_dir(folder.join(directory)).into_iter().flatten().flatten();
    let in_boot = entries("boot").find_map(|entry| {
        let version = entry.file_name().to_str()?.strip_prefix("vmlinuz-")?.to_owned();
        Some((version, entry.path()))
    });
    let with_modules = entries("usr/lib/modules").find_map(|entry| {
        let image = entry.path().join("vmlinuz");
        image.exists().then(|| (entry.file_name().to_string_lossy().into_owned(), image))
    });
    Ok(in_boot.or(with_modules).ok_or_else(|| MachineError::NoKernel { folder: folder.to_path_buf() })?)
}

/// Finds the ELF image inside a bzImage: the payload is one compressed stream behind the decompressor's code.
fn extract(image: &[u8]) -> Result<Vec<u8>> {
    const STREAMS: [(&[u8], &str); 3] =
        [(b"\x28\xb5\x2f\xfd", "zstd"), (b"\xfd7zXZ\0", "xz"), (b"\x1f\x8b\x08", "gzip")];
    for (magic, program) in STREAMS {
        let starts = image.windows(magic.len()).enumerate().filter(|(_, bytes)| *bytes == magic);
        for (start, _) in starts {
            if let Some(elf) = decompress(program, &image[start..])? {
                return Ok(elf);
            }
        }
    }
    Err(MachineError::NoElf.into())
}

/// Decompresses a stream that other data follows: success is judged by the output, not by the exit status.
fn decompress(program: &str, stream: &[u8]) -> Result<Option<Vec<u8>>> {
    let script = format!("{program} -dc 2>/dev/null || true");
    let out = run("sh").args(["-c", &script]).feed(stream.to_vec())?;
    Ok(out.starts_with(b"\x7fELF").then_some(out))
}

//! Makes disks on LVM and LUKS, in a virtual machine, since that needs the device mapper.

use super::busybox;
use super::constants::{HOME_LUKS_UUID, HOME_UUID, LUKS_KEY, LUKS_UUID};
use super::layers::{ext4, put};
use super::root::mini;
use crate::prepare::chroot::{Debian, chroot, programs};
use crate::prepare::kernel::{Flavour, kernel};
use crate::tools::error::{At, Result, VmError};
use crate::tools::place::{Key, Place, remove, suffixed};
use crate::vm::Machine;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The layers that the device mapper makes.
#[derive(Debug, Clone, Copy)]
struct Layers {
    /// The UUID of a LUKS device, if there is one.
    luks: Option<&'static str>,
    /// Whether there is LVM (on it).
    lvm: bool,
}

const MODULES: [&str; 9] = [
    "virtio_pci",
    "virtio_blk",
    "virtio_rng",
    "dm_mod",
    "dm_crypt",
    "aesni_intel",
    "xts",
    "algif_skcipher",
    "sha256_ssse3",
];

const BUILD: &str = r#"
export LD_LIBRARY_PATH=/tools/lib DM_DISABLE_UDEV=1 LVM_SUPPRESS_FD_WARNINGS=1
mkdir -p /run/lock/lvm /run/cryptsetup /etc/lvm
lvm() { /tools/lvm "$@" --config 'activation { udev_sync=0 udev_rules=0 } devices { use_devicesfile=0 }'; }
disk=/dev/vda
fail() { echo "lab-error: $1"; poweroff -f; }
if [ -e /lab/luks ]; then
    /tools/cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
        --uuid "$(cat /lab/luks)" --key-file /lab/key /dev/vda || fail luksFormat
    /tools/cryptsetup open --key-file /lab/key /dev/vda labcrypt || fail open
    disk=/dev/mapper/labcrypt
fi
if [ -e /lab/lvm ]; then
    lvm pvcreate $disk || fail pvcreate
    lvm vgcreate labvg $disk || fail vgcreate
    lvm lvcreate -y -Wn -Zn -l 100%FREE -n root labvg || fail lvcreate
    dd if=/dev/vdb of=/dev/mapper/labvg-root bs=1M conv=fsync || fail dd
    lvm vgchange -an labvg || fail vgchange
else
    dd if=/dev/vdb of=$disk bs=1M conv=fsync || fail dd
fi
[ $disk = /dev/vda ] || /tools/cryptsetup close labcrypt || fail close
sync
echo lab-ready
poweroff -f
"#;

/// Makes a disk with these layers from the small root, once for each combination.
pub fn disk(place: &Place, luks: bool) -> Result<PathBuf> {
    let root = mini(place)?;
    let name = if luks { "luks" } else { "lvm" };
    let source = root.file_name().unwrap_or_default().to_string_lossy();
    let key = Key::new().text(&source).text(BUILD).text(LUKS_UUID).hex();
    place.cached(&format!("images/root-{name}-{key}.img"), |partial| {
        println!("making a root disk on LVM{}", if luks { " on LUKS" } else { "" });
        build(place, &root, partial, Layers { luks: luks.then_some(LUKS_UUID), lvm: true })
    })
}

/// Makes the disk with /home on LUKS, once.
pub fn home(place: &Place) -> Result<PathBuf> {
    let key = Key::new().text(BUILD).text(HOME_LUKS_UUID).text(HOME_UUID).hex();
    place.cached(&format!("images/home-{key}.img"), |partial| {
        println!("making a disk for /home on LUKS");
        let (tree, plain) = (suffixed(partial, ".tree"), suffixed(partial, ".plain"));
        remove(&tree)?;
        put(&tree, "lab", 0o644, b"there\n")?;
        ext4(&tree, &plain, HOME_UUID, "16M")?;
        build(place, &plain, partial, Layers { luks: Some(HOME_LUKS_UUID), lvm: false })?;
        remove(&tree)?;
        remove(&plain)
    })
}

/// Makes a disk with these layers from an image of a file system.
fn build(place: &Place, source: &Path, image: &Path, layers: Layers) -> Result<()> {
    let work = suffixed(image, ".work");
    remove(&work)?;
    fs::create_dir_all(&work).at(&work)?;
    let size = fs::metadata(source).at(source)?.len() + (24 << 20);
    File::create(image).and_then(|file| file.set_len(size)).at(image)?;
    let kernel = kernel(place, Flavour::Cloud612)?;
    let mut cpio = busybox::archive(place, &kernel, &MODULES, BUILD)?;
    let tools = tools(place)?;
    cpio.dir("tools");
    cpio.dir("tools/lib");
    cpio.dir("lib64");
    for entry in fs::read_dir(&tools).at(&tools)? {
        let path = entry.at(&tools)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match name.as_str() {
            "lvm" | "cryptsetup" => cpio.copy(&format!("tools/{name}"), &path)?,
            // The loader's path is written into the programs.
            name if name.starts_with("ld-linux") => cpio.copy(&format!("lib64/{name}"), &path)?,
            name => cpio.copy(&format!("tools/lib/{name}"), &path)?,
        }
    }
    if let Some(uuid) = layers.luks {
        cpio.file("lab/luks", 0o644, uuid.as_bytes());
        cpio.file("lab/key", 0o600, LUKS_KEY.as_bytes());
    }
    if layers.lvm {
        cpio.file("lab/lvm", 0o644, b"");
    }
    let initrd = work.join("build.cpio");
    fs::write(&initrd, cpio.finish()).at(&initrd)?;
    let machine = Machine {
        name: "build",
        peer: "nobody",
        firmware: None,
        kernel: kernel.vmlinux,
        initrd,
        cmdline: "loglevel=4".to_owned(),
        memory: 512,
        nics: Vec::new(),
        disks: vec![(image.to_path_buf(), true), (source.to_path_buf(), false)],
        tables: Vec::new(),
        tpm: None,
        smbios: None,
        credentials: Default::default(),
        fw_cfg: Default::default(),
        capture: None,
        interactive: false,
    };
    let mut vm = machine.start(&work)?;
    let done = vm.listen(Instant::now() + Duration::from_secs(120), |line| {
        if line.text.contains("lab-error") {
            return Some(false);
        }
        line.text.contains("lab-ready").then_some(true)
    })?;
    // The machine writes to the disk until it is off.
    let _ = vm.listen(Instant::now() + Duration::from_secs(10), |_| None::<()>)?;
    drop(vm);
    if done != Some(true) {
        return Err(VmError::Disk { log: work.join("build.log") }.into());
    }
    remove(&work)
}

/// lvm, cryptsetup and their libraries, copied from Debian's folder.
fn tools(place: &Place) -> Result<PathBuf> {
    place.cached("storage-tools", |partial| {
        let folder = chroot(place, Debian::Trixie)?;
        // libc loads this library at run time.
        let more = "cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 /lab-out/";
        programs(&folder, None, "/usr/sbin/lvm /usr/sbin/cryptsetup", more, partial)
    })
}

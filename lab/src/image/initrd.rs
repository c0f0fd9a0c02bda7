//! Makes the host's initramfs, by real dracut, initramfs-tools or mkosi in a Debian folder.

use super::constants::{LUKS_KEY, LUKS_UUID};
use super::{initramfs_tools, kexec, layers, mkosi, packages, preflight, tls, tpm};
use crate::prepare::apt;
use crate::prepare::chroot::{Debian, chroot, forget, inside};
use crate::prepare::kernel::Kernel;
use crate::scenario::Building;
use crate::scenario::system::{Init, Packages, Way};
use crate::tools::error::{At, MachineError, Result};
use crate::tools::place::{Key, Place, suffixed};
use crate::tools::shell::run;
use std::fs;
use std::path::{Path, PathBuf};

const NETWORK: &str = "nvmf network network-legacy network-manager systemd-networkd connman ifcfg net-lib url-lib qemu-net \
                       kernel-network-modules nbft";
const SYSTEMD: &str = "systemd systemd-ac-power systemd-ask-password systemd-battery-check systemd-bsod systemd-coredump \
    systemd-creds systemd-cryptsetup systemd-emergency systemd-hostnamed systemd-initrd systemd-integritysetup \
    systemd-journald systemd-ldconfig systemd-modules-load systemd-network-management systemd-networkd systemd-pcrphase \
    systemd-portabled systemd-pstore systemd-repart systemd-resolved systemd-rfkill systemd-sysctl systemd-sysext \
    systemd-sysusers systemd-timedated systemd-timesyncd systemd-tmpfiles systemd-udevd systemd-veritysetup dracut-systemd \
    dbus dbus-broker dbus-daemon";

/// dracut modules that no scenario needs and that are slow to build: for hardware that no virtual machine of the lab has.
const NEVER: &str = "multipath mdraid dmraid nvdimm bluetooth drm plymouth iscsi nbd nfs cifs fcoe fcoe-uefi lunmask tpm2-tss \
    memstrack biosdevname terminfo i18n pollcdrom";

/// The ingredients of an image.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// Process 1 in the image.
    pub init: Init,
    /// How it gets network and NVMe/TCP.
    pub way: Way,
    /// How Debian's packages of nbft get into the folder; without this, the lab copies nbft's files.
    pub packages: Option<Packages>,
    /// The release of Debian.
    pub debian: Debian,
    /// The kernel of the host.
    pub kernel: &'a Kernel,
    /// Whether the LUKS key is in the image.
    pub key: bool,
    /// Whether dracut's hooks log when they begin and end.
    pub marks: bool,
    /// Whether `tlshd` is installed where the image is made.
    pub tlshd: bool,
    /// Whether systemd's libraries for a TPM are installed there too.
    pub tpm: bool,
    /// Whether kexec and makedumpfile are installed there.
    pub kexec: bool,
    /// What else that machine has.
    pub building: &'a Building,
}

/// A finished image.
#[derive(Debug, Clone)]
pub struct Initrd {
    /// The file.
    pub path: PathBuf,
    /// Its contents without kernel modules and firmware, in bytes, uncompressed.
    pub plain_size: u64,
}

impl Initrd {
    /// The image in a folder of the cache.
    fn read(dir: &Path) -> Result<Self> {
        let size = dir.join("size");
        let text = fs::read_to_string(&size).at(&size)?;
        let plain_size = text.trim().parse().map_err(|_| MachineError::NoNumber { file: size })?;
        Ok(Self { path: dir.join("initrd"), plain_size })
    }
}

const MARKS: &str = include_str!("guest/marks/module-setup.sh");

/// The path of the LUKS key in the image.
pub const LUKS_KEY_PATH: &str = "/lab.key";

impl Recipe<'_> {
    fn modules(&self) -> (String, String) {
        let wanted = self.way.wanted();
        let mut omit: Vec<&str> = NEVER.split_whitespace().collect();
        omit.extend(NETWORK.split_whitespace().filter(|name| !wanted.contains(name)));
        if self.init == Init::Plain {
            omit.extend(SYSTEMD.split_whitespace());
        }
        let mut add: Vec<&str> = wanted
            .iter()
            .copied()
            .filter(|name| matches!(*name, "nbft" | "nvmf" | "network-legacy" | "network-manager" | "systemd-networkd"))
            .collect();
        if self.init == Init::Systemd {
            add.push("systemd");
        }
        if self.marks {
            add.push("labmarks");
        }
        (add.join(" "), omit.join(" "))
    }

    /// The lines of dracut.conf.
    fn conf(&self) -> String {
        let tpm = if self.tpm { tpm::DRACUT_CONF } else { "" };
        format!("{tpm}{}", self.building.conf)
    }

    /// The folder of nbft's files for this generator, with their install script.
    const fn module(&self) -> &'static str {
        if self.way.by_initramfs_tools() { "initramfs-tools" } else { "dracut-module" }
    }

    fn script(&self) -> String {
        if let Some(packages) = self.packages {
            return packages::script(packages, self.way, &self.kernel.version);
        }
        if self.way.by_initramfs_tools() {
            return initramfs_tools::script(&self.kernel.version);
        }
        let (add, omit) = self.modules();
        let add = if add.is_empty() { String::new() } else { format!("--add '{add}'") };
        let version = &self.kernel.version;
        let key = if self.key {
            format!("--include /lab.key {LUKS_KEY_PATH} --include /lab.crypttab /etc/crypttab")
        } else {
            String::new()
        };
        let tlshd = if self.tlshd { "cp -a /lab-tls/. /" } else { "true" };
        let tpm = if self.tpm { "cp -a /lab-tpm/. /" } else { "true" };
        let kexec = if self.kexec { "cp -a /lab-kexec/. /" } else { "true" };
        let more = if self.building.packages.is_empty() { "true" } else { "cp -a /lab-packages/. /" };
        let replace = if self.way == Way::NbftTrue { "cp -f /bin/true /usr/bin/nbft" } else { "true" };
        format!(
            "set -e; {replace}; {tlshd}; {tpm}; {kexec}; {more}; mkdir -p /var/tmp/dracut\n\
             dracut --force --no-hostonly --no-hostonly-cmdline --no-early-microcode --keep --tmpdir /var/tmp/dracut \
             --kver {version} --kmoddir /usr/lib/modules/{version} --compress 'zstd -3 -q -T2' --nostrip {add} --omit '{omit}' \
             {key} /lab-out/initrd\n\
             tree=$(echo /var/tmp/dracut/*/initramfs)\n\
             du -sb --exclude='*/lib/modules' --exclude='*/lib/firmware' $tree | cut -f 1 > /lab-out/size\n\
             ls $tree/usr/lib/dracut/hooks $tree/usr/lib/systemd/system > /lab-out/contents || true\n",
        )
    }

    /// Debian's packages of nbft; an error if they lack something that the image needs.
    fn debs(&self, place: &Place) -> Result<PathBuf> {
        match self.way {
            Way::Nbft | Way::InitramfsTools if !self.is_special() && !self.tlshd => packages::debs(place),
            _ => Err(MachineError::NotInPackages.into()),
        }
    }

    /// Whether the image needs more than the packages contain, except tlshd.
    fn is_special(&self) -> bool {
        let building = self.building;
        self.key || self.tpm || self.kexec || !building.conf.is_empty() || !building.packages.is_empty()
    }

    /// Whether `nbft doctor` checks the image. It skips scenarios in which nbft is missing or does nothing.
    fn is_judged(&self) -> bool {
        self.way.ours() && self.way != Way::NbftTrue && self.packages != Some(Packages::Removed)
    }

    /// Makes the image, once for each recipe.
    pub fn make(&self, place: &Place) -> Result<Initrd> {
        if self.way.by_mkosi() {
            if self.is_special() || self.packages.is_some() {
                return Err(MachineError::NotInPackages.into());
            }
            return Initrd::read(&mkosi::make(place, self.kernel, self.way.ours(), self.tlshd)?);
        }
        let judged = self.is_judged();
        let mut script = self.script();
        if judged {
            script.push_str(&preflight::judgement("/lab-out/initrd"));
        }
        let module = place.repo.join(self.module());
        let mut key = Key::new().text("initrd 2").text(&script).text(self.debian.suite()).text(&self.conf());
        for file in &self.building.files {
            key = key.text(&file.path).text(&file.mode.to_string()).text(&file.text);
        }
        key = self.building.packages.iter().fold(key, |key, name| key.text(name));
        if self.marks {
            key = key.text(MARKS);
        }
        if judged {
            key = preflight::add_to(key, place)?;
        }
        if self.way.by_initramfs_tools() {
            key = key.text(&initramfs_tools::ingredients());
        }
        let debs = self.packages.map(|_| self.debs(place)).transpose()?;
        if let Some(debs) = &debs {
            key = key.tree(debs)?;
        }
        let nbft = if self.way.ours() && debs.is_none() {
            let nbft = layers::nbft(place)?;
            key = key
                .tree(&module)?
                .file(&place.repo.join("packaging/install"))?
                .file(&nbft)?
                .file(&layers::redfish(&nbft))?;
            Some(nbft)
        } else {
            None
        };
        let folder = chroot(place, self.debian)?;
        let dir = place.cached(&format!("images/initrd-{}", key.hex()), |partial| {
            let suite = self.debian.suite();
            println!("making an initramfs: {}, {:?}, {suite}, {}", self.init.name(), self.way, self.kernel.version);
            let upper = suffixed(partial, ".upper");
            forget(&upper)?;
            fs::create_dir_all(partial).at(partial)?;
            if let Some(nbft) = &nbft {
                self.install(&module, nbft, &upper)?;
            }
            if judged {
                preflight::describe(place, &upper, &self.kernel.version)?;
            }
            for file in &self.building.files {
                layers::put(&upper, &file.path, file.mode, file.text.as_bytes())?;
            }
            if self.packages.is_some() {
                packages::kernel(&upper, self.kernel)?;
            } else if self.way.by_initramfs_tools() {
                initramfs_tools::configure(&upper, self.key)?;
            } else {
                layers::put(&upper, "etc/dracut.conf.d/lab.conf", 0o644, self.conf().as_bytes())?;
            }
            if self.marks {
                layers::put(&upper, "usr/lib/dracut/modules.d/98labmarks/module-setup.sh", 0o755, MARKS.as_bytes())?;
            }
            if self.key && !self.way.by_initramfs_tools() {
                let crypttab = format!("labcrypt UUID={LUKS_UUID} {LUKS_KEY_PATH} luks\n");
                layers::put(&upper, "lab.key", 0o600, LUKS_KEY.as_bytes())?;
                layers::put(&upper, "lab.crypttab", 0o644, crypttab.as_bytes())?;
            }
            let modules = format!("/usr/lib/modules/{}", self.kernel.version);
            let mut binds = vec![(partial, "/lab-out"), (self.kernel.modules.as_path(), modules.as_str())];
            let packages = self.tlshd.then(|| tls::packages(place)).transpose()?;
            binds.extend(packages.as_deref().map(|packages| (packages, "/lab-tls")));
            let of_tpm = self.tpm.then(|| tpm::packages(place)).transpose()?;
            binds.extend(of_tpm.as_deref().map(|packages| (packages, "/lab-tpm")));
            let for_kexec = self.kexec.then(|| kexec::packages(place)).transpose()?;
            binds.extend(for_kexec.as_deref().map(|packages| (packages, "/lab-kexec")));
            let names = &self.building.packages;
            let more = (!names.is_empty()).then(|| apt::packages(place, suite, names)).transpose()?;
            binds.extend(more.as_deref().map(|more| (more, "/lab-packages")));
            binds.extend(debs.as_deref().map(|debs| (debs, packages::DEBS)));
            let provide = if debs.is_some() { initramfs_tools::debs } else { initramfs_tools::packages };
            let tools = self.way.by_initramfs_tools().then(|| provide(place, self.debian)).transpose()?;
            binds.extend(tools.as_deref().map(|tools| (tools, "/lab-initramfs-tools")));
            inside(&folder, &upper, &binds, &script)?.log(&partial.join("log"))?;
            forget(&upper)
        })?;
        Initrd::read(&dir)
    }

    fn install(&self, module: &Path, nbft: &Path, upper: &Path) -> Result<()> {
        fs::create_dir_all(upper).at(upper)?;
        layers::copy(upper, "usr/bin/nbft", nbft)?;
        layers::copy(upper, "usr/libexec/nbft-redfish", &layers::redfish(nbft))?;
        let script = module.join("install.sh");
        if !script.exists() {
            return Err(MachineError::NoInstallScript { module: module.to_path_buf() }.into());
        }
        run("sh").arg(script).env("DESTDIR", upper).output()?;
        Ok(())
    }
}

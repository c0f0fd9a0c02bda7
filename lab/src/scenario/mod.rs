//! Describes scenarios as data, one file each: what boots, how, and the expected result.

mod defaults;
mod expect;
mod files;
pub mod redfish;
pub mod system;
pub mod table;
pub mod target;
pub mod wires;

pub use expect::{Controller, Expect, Handover, Outcome, WireSpec};
pub use files::{all, ci, load, names};

use crate::prepare::chroot::Debian;
use crate::prepare::kernel::Flavour;
use redfish::HostInterface;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use system::{Init, Packages, Root, Way};
use table::Table;
use target::Target;

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without its ending.
    #[serde(skip)]
    pub name: String,
    /// A description in one line.
    pub summary: String,
    /// The kinds of initramfs in which it runs.
    #[serde(default = "both")]
    pub init: Vec<Init>,
    /// What brings network and NVMe/TCP into the initramfs.
    #[serde(default)]
    pub way: Way,
    /// How Debian's packages of nbft get onto the machine. By default, a large root has only the package nbft, and the initramfs is made
    /// from the files of the working tree.
    pub packages: Option<Packages>,
    /// The release of Debian.
    #[serde(default)]
    pub debian: Debian,
    /// The kernel of the host.
    #[serde(default)]
    pub kernel: Flavour,
    /// The kernel of the target.
    #[serde(default)]
    pub target_kernel: Flavour,
    /// The system on the root disk.
    #[serde(default)]
    pub root: Root,
    /// The name of the undamaged scenario with which `cargo lab bench` compares this one.
    pub beside: Option<String>,
    /// Whether the initramfs has no key for the root on LUKS.
    #[serde(default)]
    pub keyless: bool,
    /// Whether the root disk belongs to the host; otherwise the target serves it.
    #[serde(default)]
    pub local: bool,
    /// Words to add to the kernel's command line after `root=`.
    #[serde(default)]
    pub cmdline: Vec<String>,
    /// Whether UEFI firmware starts a UKI, made by ukify; otherwise QEMU starts the kernel itself.
    #[serde(default)]
    pub uki: bool,
    /// Time limit in seconds, from the host's start to the verdict.
    #[serde(default = "deadline")]
    pub deadline: u64,
    /// The firmware's tables.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// The host's NICs.
    #[serde(default = "one_nic")]
    pub nics: Vec<NicSpec>,
    /// The target; by default, one with everything, or none if root is local.
    pub target: Option<Target>,
    /// Whether `tlshd` is installed where the initramfs is made.
    #[serde(default)]
    pub tlshd: bool,
    /// Whether the large root constantly writes to its disk and reads that back. This must never fail, and must continue after each step.
    #[serde(default)]
    pub writes: bool,
    /// Credentials that SMBIOS passes to the machine, by name.
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
    /// Credentials in fw_cfg, by name.
    #[serde(default)]
    pub fw_cfg: BTreeMap<String, String>,
    /// Credentials in the initramfs, sealed by the machine's TPM, by name.
    #[serde(default)]
    pub tpm: BTreeMap<String, String>,
    /// The SMBIOS host interface by which the host finds the target's Redfish service.
    pub host_interface: Option<HostInterface>,
    /// Additions to the machine on which the initramfs is made.
    #[serde(default)]
    pub building: Building,
    /// Files in the initramfs beside what dracut packs.
    #[serde(default)]
    pub extra: Vec<Extra>,
    /// The steps that change the machines while they run.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The expected result.
    pub expect: Expect,
}

impl Scenario {
    /// Whether the initramfs contains nbft.
    pub fn has_nbft(&self) -> bool {
        self.way.ours() && self.packages != Some(Packages::Removed)
    }

    /// Whether the verdict is about a root on the host's own disk: an installer ends on the target's disk.
    pub fn ends_on_local_root(&self) -> bool {
        self.local && self.root != Root::Installer
    }

    /// Whether its own command line names the root, which is then not on the root disk.
    pub fn own_root(&self) -> bool {
        self.cmdline.iter().any(|word| word.starts_with("root="))
    }
}

/// A NIC of the host: on wire a at 00:03.0, on b at 00:04.0, and so on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NicSpec {
    /// The wire.
    pub wire: String,
    /// Whether it has a carrier.
    #[serde(default = "yes")]
    pub carrier: bool,
    /// Seconds after which it is plugged in; 0: from the start.
    #[serde(default)]
    pub late: u64,
    /// A text on the host's console after which these seconds begin, instead of the start.
    pub late_after: Option<String>,
    /// The wire whose host NIC has the same MAC.
    pub mac_of: Option<String>,
}

/// Additions to the machine on which an initramfs is made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Building {
    /// Lines for its dracut.conf.
    pub conf: String,
    /// Additional files.
    pub files: Vec<Extra>,
    /// Additional packages; each list includes their dependencies.
    pub packages: Vec<String>,
}

/// A file in the initramfs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Its path, without the first `/`.
    pub path: String,
    /// Its contents.
    pub text: String,
    /// Its permissions.
    #[serde(default = "private")]
    pub mode: u32,
}

const fn private() -> u32 {
    0o600
}

/// A step after the host's report: one of `cut`, `plug` and `target`, after which the controllers must become live again. Without any of
/// them, the controllers must stay live. The command for the host comes first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A command of the large root's shell (`lab-report-run.sh`).
    pub host: Option<String>,
    /// Takes the carrier away from the target's side of this wire, or of each of these, for `seconds`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub cut: Vec<String>,
    /// Takes the carrier away from the host's NIC on this wire for `seconds`; no controller may be lost meanwhile.
    pub pull: Option<String>,
    /// Gives the host's NIC on this wire a carrier.
    pub plug: Option<String>,
    /// A command of the target's shell (`target-init.sh`).
    pub target: Option<String>,
    /// How long the change lasts.
    #[serde(default)]
    pub seconds: u64,
    /// A command of the target's shell after `seconds`.
    pub then: Option<String>,
    /// The seconds in which the controllers must be live again afterwards.
    #[serde(default)]
    pub back: u64,
    /// Whether the step boots the host again (kexec). The verdict is then about its next report, which must arrive within `back` seconds.
    #[serde(default)]
    pub boots_again: bool,
    /// A text that the console must show within `back` seconds after the host is switched on again. The step makes the host switch itself
    /// off (hibernation) within `seconds`.
    pub resumes: Option<String>,
    /// The number of controllers that must be live.
    #[serde(default = "one")]
    pub controllers: usize,
    /// Whether others may come and go meanwhile.
    #[serde(default)]
    pub others: bool,
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    OneOrMany::deserialize(from).map(|wires| match wires {
        OneOrMany::One(wire) => vec![wire],
        OneOrMany::Many(wires) => wires,
    })
}

const fn one() -> usize {
    1
}

fn both() -> Vec<Init> {
    vec![Init::Plain, Init::Systemd]
}

/// Generous: emulation on a busy machine may take several times as long as on an idle one.
const fn deadline() -> u64 {
    300
}

fn one_nic() -> Vec<NicSpec> {
    vec![NicSpec { wire: "a".to_owned(), carrier: true, late: 0, late_after: None, mac_of: None }]
}

const fn yes() -> bool {
    true
}

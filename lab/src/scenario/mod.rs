//! Scenarios as data, one file each: what boots, how, and what must come of it.

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
    /// One line.
    pub summary: String,
    /// The kinds of initramfs that it is for.
    #[serde(default = "both")]
    pub init: Vec<Init>,
    /// Network and NVMe/TCP in the initramfs.
    #[serde(default)]
    pub way: Way,
    /// How Debian's packages of nbft come to the machine. Without a word, a large root has that of the program, and the initramfs is made
    /// from the tree's files.
    pub packages: Option<Packages>,
    /// Whose dracut.
    #[serde(default)]
    pub debian: Debian,
    /// The kernel of the host.
    #[serde(default)]
    pub kernel: Flavour,
    /// The kernel of the target.
    #[serde(default)]
    pub target_kernel: Flavour,
    /// What is on the root disk.
    #[serde(default)]
    pub root: Root,
    /// The scenario that is the same but whole: `cargo lab bench` compares with it.
    pub beside: Option<String>,
    /// Whether the initramfs has no key for the root on LUKS.
    #[serde(default)]
    pub keyless: bool,
    /// Whether the root disk is the host's own; otherwise it is the target's.
    #[serde(default)]
    pub local: bool,
    /// Words for the kernel's command line beside `root=`.
    #[serde(default)]
    pub cmdline: Vec<String>,
    /// Whether UEFI firmware starts a UKI, made by ukify; otherwise QEMU starts the kernel itself.
    #[serde(default)]
    pub uki: bool,
    /// Seconds, from the host's start to the verdict.
    #[serde(default = "deadline")]
    pub deadline: u64,
    /// The firmware's tables.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// The host's NICs.
    #[serde(default = "one_nic")]
    pub nics: Vec<NicSpec>,
    /// The target; without a word, one with everything, unless root is local.
    pub target: Option<Target>,
    /// Whether `tlshd` is installed where the initramfs is made.
    #[serde(default)]
    pub tlshd: bool,
    /// Whether the large root writes to its disk, and reads that back, all the time: it must not fail, and go on after each step.
    #[serde(default)]
    pub writes: bool,
    /// Credentials that the machine is started with, by name, in SMBIOS.
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
    /// Likewise in fw_cfg.
    #[serde(default)]
    pub fw_cfg: BTreeMap<String, String>,
    /// Likewise sealed by the machine's TPM, in the initramfs.
    #[serde(default)]
    pub tpm: BTreeMap<String, String>,
    /// The host interface by which SMBIOS leads to the target's Redfish service.
    pub host_interface: Option<HostInterface>,
    /// What the machine has on which the initramfs is made.
    #[serde(default)]
    pub building: Building,
    /// Files in the initramfs beside what dracut packs.
    #[serde(default)]
    pub extra: Vec<Extra>,
    /// What is done to the machines once they run.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What must come of it.
    pub expect: Expect,
}

impl Scenario {
    /// Whether nbft is in the initramfs.
    pub fn has_nbft(&self) -> bool {
        self.way.ours() && self.packages != Some(Packages::Removed)
    }

    /// Whether the root that is judged is the host's own: a system that installs itself goes to the target's disk.
    pub fn ends_on_local_root(&self) -> bool {
        self.local && self.root != Root::Installer
    }

    /// Whether its own words say where root is, which then is not on the root disk.
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
    /// Seconds after which it is plugged in.
    #[serde(default)]
    pub late: u64,
    /// Words on the host's console from which these seconds are counted, instead of the start.
    pub late_after: Option<String>,
    /// It has the MAC of the NIC on this wire.
    pub mac_of: Option<String>,
}

/// The machine on which an initramfs is made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Building {
    /// Lines of its dracut.conf.
    pub conf: String,
    /// Its files.
    pub files: Vec<Extra>,
    /// Packages that it has besides, each named with what it needs.
    pub packages: Vec<String>,
}

/// A file in the initramfs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Where, without the first `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// Its permissions.
    #[serde(default = "private")]
    pub mode: u32,
}

const fn private() -> u32 {
    0o600
}

/// Something done after the host has reported: one of `cut`, `plug` and `target`; then the controllers must be live (again).
/// With none of them, they must stay so. What the host is told it is told first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A command of the large root's shell (`lab-report-run.sh`).
    pub host: Option<String>,
    /// Takes the carrier of the target's side of this wire, or of each of these, away for `seconds`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub cut: Vec<String>,
    /// Takes the carrier of the host's NIC on this wire away for `seconds`, in which no controller may be lost.
    pub pull: Option<String>,
    /// Gives the host's NIC on this wire a carrier.
    pub plug: Option<String>,
    /// A command of the target's shell (`target-init.sh`).
    pub target: Option<String>,
    /// How long it is left so.
    #[serde(default)]
    pub seconds: u64,
    /// A command of the target's shell after that.
    pub then: Option<String>,
    /// How long the controllers may then take to be live again.
    #[serde(default)]
    pub back: u64,
    /// Whether the host boots again by this (kexec): its next report, which must come within `back` seconds, is judged instead.
    #[serde(default)]
    pub boots_again: bool,
    /// The host switches itself off by this (hibernation) within `seconds`, and is switched on again. Then its console must say these
    /// words within `back` seconds.
    pub resumes: Option<String>,
    /// How many there must be.
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

/// Ample: a busy machine's emulation may take several times as long as an idle one's.
const fn deadline() -> u64 {
    300
}

fn one_nic() -> Vec<NicSpec> {
    vec![NicSpec { wire: "a".to_owned(), carrier: true, late: 0, late_after: None, mac_of: None }]
}

const fn yes() -> bool {
    true
}

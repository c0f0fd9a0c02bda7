//! Scenarios: what is booted, how, and what must come of it. Data, one file each.

mod defaults;
pub mod system;
pub mod table;
pub mod target;

use crate::error::{At, Error, Result};
use crate::place::Place;
use crate::prepare::chroot::Debian;
use crate::prepare::kernel::Flavour;
use crate::redfish::HostInterface;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use system::{Init, Root, Way};
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
    /// Whether the root disk is the host's own; otherwise it is the target's.
    #[serde(default)]
    pub local: bool,
    /// Words for the kernel's command line beside `root=`.
    #[serde(default)]
    pub cmdline: Vec<String>,
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
    /// How many there must be.
    #[serde(default = "one")]
    pub controllers: usize,
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

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The root's init reports.
    Boots,
    /// It does not, and the console holds the reason.
    Fails,
}

/// What must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// How it ends.
    pub outcome: Outcome,
    /// What the console must hold; all of them.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// What the console must hold, each behind the one before.
    #[serde(default)]
    pub in_order: Vec<String>,
    /// What the console must not hold.
    #[serde(default)]
    pub never: Vec<String>,
    /// What the target's console must hold.
    #[serde(default)]
    pub target: Vec<String>,
    /// Whether it is off at the end, because a step or the network manager's scenario told it so; then its connections must
    /// have been ended by itself, none left to the target's patience.
    #[serde(default)]
    pub off: bool,
    /// The network manager that must run and have left root's interfaces as they were.
    pub manager: Option<Handover>,
    /// What the firmware table's JSON says must be so: identity, addresses, controllers.
    #[serde(default)]
    pub as_json: bool,
    /// Host NQN of every controller; where nothing is said, a made table's.
    pub hostnqn: Option<String>,
    /// Host ID of every controller, likewise.
    pub hostid: Option<String>,
    /// Addresses of interfaces, link-local ones aside; no others may be there.
    #[serde(default)]
    pub addresses: BTreeMap<String, Vec<String>>,
    /// Gateway of the default route, by interface.
    #[serde(default)]
    pub gateways: BTreeMap<String, String>,
    /// Interfaces that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The controllers; these and no others, when the key is there.
    pub controllers: Option<Vec<Controller>>,
    /// Addresses to which the kernel may still be connecting: nothing is asked of those controllers.
    #[serde(default)]
    pub hanging: Vec<String>,
    /// Controllers that come after the report: judged by what goes over the wires.
    #[serde(default)]
    pub later: Vec<Controller>,
    /// What `nbft status` exits with.
    pub status: Option<i32>,
    /// Who renews the lease, by interface, as `nbft status` says.
    #[serde(default)]
    pub renewed_by: BTreeMap<String, String>,
    /// What the target's console must not hold.
    #[serde(default)]
    pub target_never: Vec<String>,
    /// What the packet captures must show.
    #[serde(default)]
    pub wire: WireSpec,
}

impl Expect {
    /// Nothing but how it ends.
    pub const fn outcome(outcome: Outcome) -> Self {
        Self {
            outcome,
            reasons: Vec::new(),
            in_order: Vec::new(),
            never: Vec::new(),
            target: Vec::new(),
            off: false,
            manager: None,
            as_json: false,
            hostnqn: None,
            hostid: None,
            addresses: BTreeMap::new(),
            gateways: BTreeMap::new(),
            absent: Vec::new(),
            controllers: None,
            hanging: Vec::new(),
            later: Vec::new(),
            status: None,
            renewed_by: BTreeMap::new(),
            target_never: Vec::new(),
            wire: WireSpec { clear: None, tls: None },
        }
    }
}

/// What the packet captures must show.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WireSpec {
    /// Whether NVMe commands go over the wires in plain text: on each connection, or on none.
    pub clear: Option<bool>,
    /// Whether TLS handshakes are begun: on each connection, or on none.
    pub tls: Option<bool>,
}

impl WireSpec {
    /// Whether anything is said at all.
    pub const fn any(self) -> bool {
        self.clear.is_some() || self.tls.is_some()
    }
}

/// Root's interfaces beside a network manager.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Its unit.
    pub unit: String,
    /// What it says of each interface: the state as `networkctl` or `nmcli` has it.
    pub states: BTreeMap<String, String>,
}

/// A controller of the host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// The target's address.
    pub traddr: String,
    /// The target's port.
    #[serde(default = "nvme_port")]
    pub trsvcid: String,
    /// The interface that it must be bound to.
    pub host_iface: Option<String>,
    /// The source address on the wire.
    pub source: Option<String>,
    /// Whether header digests must be asked for.
    #[serde(default)]
    pub header_digest: bool,
    /// Whether data digests must be asked for.
    #[serde(default)]
    pub data_digest: bool,
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

fn nvme_port() -> String {
    "4420".to_owned()
}

fn dir(place: &Place) -> PathBuf {
    place.repo.join("lab/scenarios")
}

/// A scenario by its name.
pub fn load(place: &Place, name: &str) -> Result<Scenario> {
    let path = dir(place).join(format!("{name}.toml"));
    if !path.exists() {
        return Err(Error::Scenario { path, message: "no such scenario; `cargo lab list` names them".into() });
    }
    let text = fs::read_to_string(&path).at(&path)?;
    let mut scenario: Scenario = toml::from_str(&text).map_err(|e| Error::Scenario { path, message: e.to_string() })?;
    scenario.name = name.to_owned();
    defaults::fill_in(&mut scenario);
    Ok(scenario)
}

/// All scenarios, by name.
pub fn all(place: &Place) -> Result<Vec<Scenario>> {
    let dir = dir(place);
    let entries = fs::read_dir(&dir).at(&dir)?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    names.iter().map(|name| load(place, name)).collect()
}

/// The scenarios that CI runs, each with the kinds of initramfs it runs them in.
pub fn ci(place: &Place) -> Result<Vec<(Scenario, Vec<Init>)>> {
    let path = place.repo.join("lab/ci.toml");
    let text = fs::read_to_string(&path).at(&path)?;
    let list: BTreeMap<String, Vec<Init>> =
        toml::from_str(&text).map_err(|e| Error::Scenario { path, message: e.to_string() })?;
    list.into_iter().map(|(name, kinds)| Ok((load(place, &name)?, kinds))).collect()
}

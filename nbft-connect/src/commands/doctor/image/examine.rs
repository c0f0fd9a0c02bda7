//! Compares what an image holds with what a machine needs.

use super::contents::{BINARIES, Contents};
use super::facts::Facts;
use super::fault::ImageFault;
use super::modules::{self, Modules};
use crate::input::plan::Tables;
use crate::kernel_command_line::KernelCommandLine;
use libnbft::model::{HfiTcp, PciAddress, Requirement};
use libnbft::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// All that the checks of an image need.
pub(super) struct Question<'a> {
    pub(super) contents: &'a Contents,
    pub(super) facts: &'a Facts,
    pub(super) tables: &'a Tables,
    pub(super) plan: &'a Plan,
    pub(super) kernel: &'a KernelCommandLine,
    /// Whether a command line is known at all.
    pub(super) knows_cmdline: bool,
    /// The version of the kernel that lies in the UKI.
    pub(super) uki_kernel: Option<&'a str>,
}

/// All faults, and the modules whose firmware files are still to be checked, by module file.
pub(super) fn examine(question: &Question<'_>) -> (Vec<ImageFault>, BTreeMap<String, String>) {
    let mut faults = Vec::new();
    faults.extend(program(question));
    faults.extend(switches(question));
    let drivers = drivers(question, &mut faults);
    faults.extend(security(question));
    faults.extend(identity(question));
    faults.extend(question.contents.cut_short.map(|program| ImageFault::PartlyRead { program }));
    (faults, drivers)
}

fn program(question: &Question<'_>) -> Vec<ImageFault> {
    let contents = question.contents;
    let Some(binary) = BINARIES.iter().find(|name| contents.names().any(|found| found == **name)) else {
        let has_nvme_cli = contents.has("sbin/nvme") || contents.has("bin/nvme");
        return vec![ImageFault::NoProgram { has_nvme_cli }];
    };
    let mut faults = Vec::new();
    let arch = &question.facts.arch;
    // The bytes of a hard link may be stored under its other name.
    if contents.bytes(binary).zip(elf_machine(arch)).is_some_and(|(bytes, machine)| !is_elf_of(bytes, machine)) {
        faults.push(ImageFault::OtherArchitecture { arch: arch.clone() });
    }
    if !contents.names().any(starts) {
        faults.push(ImageFault::NoStart);
    }
    faults
}

/// Whether a file starts nbft: a unit that initrd.target wants, a hook of dracut, a script of initramfs-tools, a hook of mkinitcpio.
fn starts(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let parent = folder.rsplit('/').next().unwrap_or_default();
    match file {
        "nbft-connect.service" => parent.ends_with(".wants") || parent.ends_with(".requires"),
        "nbft" => folder == "hooks" || folder.starts_with("scripts/"),
        _ => folder.contains("/hooks/") && file.ends_with("nbft-start.sh"),
    }
}

/// The number by which ELF calls an architecture, and whether its numbers are big endian.
fn elf_machine(arch: &str) -> Option<(u16, bool)> {
    Some(match arch {
        "x86_64" => (62, false),
        "x86" => (3, false),
        "aarch64" => (183, false),
        "arm" => (40, false),
        "riscv64" => (243, false),
        "loongarch64" => (258, false),
        "powerpc64" => (21, cfg!(target_endian = "big")),
        "s390x" => (22, true),
        _ => return None,
    })
}

fn is_elf_of(bytes: &[u8], (machine, is_big): (u16, bool)) -> bool {
    let Some(found) = bytes.get(18..20).and_then(|found| <[u8; 2]>::try_from(found).ok()) else { return false };
    let found = if is_big { u16::from_be_bytes(found) } else { u16::from_le_bytes(found) };
    bytes.starts_with(b"\x7fELF") && found == machine
}

fn switches(question: &Question<'_>) -> Vec<ImageFault> {
    let mut faults: Vec<_> = Vec::new();
    faults.extend(question.kernel.nbft_off().map(|parameter| ImageFault::SwitchedOff { parameter }));
    if question.knows_cmdline && question.kernel.value(&["root"]).is_none() {
        // The generator takes a partition of the root type on the disk that the machine booted from.
        let may_be_found = question.contents.has("lib/systemd/system-generators/systemd-gpt-auto-generator");
        faults.push(ImageFault::NoRoot { may_be_found });
    }
    faults
}

fn hfis<'a>(question: &Question<'a>) -> impl Iterator<Item = &'a HfiTcp> {
    question.tables.tables.iter().flat_map(|(_, table)| &table.hfis).filter_map(|hfi| hfi.tcp.as_ref())
}

fn drivers(question: &Question<'_>, faults: &mut Vec<ImageFault>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let versions = modules::versions(question.contents);
    let wanted = question.uki_kernel.or(question.facts.kernel.as_deref());
    let Some(last) = versions.last() else {
        faults.push(ImageFault::NoModules);
        return found;
    };
    if let Some(kernel) = wanted.filter(|kernel| !versions.contains(*kernel)) {
        let is_uki = question.uki_kernel.is_some();
        faults.push(ImageFault::OtherKernel {
            found: versions.iter().cloned().collect(),
            kernel: kernel.to_owned(),
            is_uki,
        });
    }
    let version = wanted.and_then(|kernel| versions.get(kernel)).unwrap_or(last);
    let modules = Modules::of(question.contents, version);
    let mut missing = BTreeSet::new();
    let mut needs = |name: &str| {
        let each = modules.missing_for(name).into_iter();
        missing.extend(each.map(|module| (module, name.to_owned())));
    };
    if modules.has("nvme_tcp") {
        needs("nvme_tcp");
    } else {
        faults.push(ImageFault::NoTransport { kernel: version.clone() });
    }
    let has_vlan = hfis(question).any(|tcp| tcp.vlan.get().is_some());
    if has_vlan && modules.has("8021q") {
        needs("8021q");
    }
    let nics: BTreeSet<PciAddress> =
        hfis(question).map(HfiTcp::pci).filter(|pci| *pci != PciAddress::default()).collect();
    for pci in nics {
        match nic(question.facts, &modules, pci) {
            Ok(drivers) => {
                drivers.iter().for_each(|driver| needs(driver));
                let files = drivers.into_iter().filter_map(|driver| Some((modules.file(&driver)?.to_owned(), driver)));
                found.extend(files);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if has_vlan && !modules.has("8021q") {
        faults.push(ImageFault::NoModule { module: "8021q".into(), needed_by: "a VLAN of the tables".into() });
    }
    faults.extend(missing.into_iter().map(|(module, needed_by)| ImageFault::NoModule { module, needed_by }));
    found
}

/// The drivers of a NIC that the image has.
fn nic(facts: &Facts, modules: &Modules, pci: PciAddress) -> Result<BTreeSet<String>, ImageFault> {
    let pci = pci.to_string();
    let device = facts.pci.iter().find(|device| device.address == pci);
    let device = device.ok_or_else(|| ImageFault::UnknownNic { pci: pci.clone() })?;
    let own = device.driver.as_ref().map(|driver| driver.replace('-', "_"));
    let known = modules.of_device(&device.modalias).into_iter().map(str::to_owned);
    let mut drivers: BTreeSet<String> = known.chain(own.clone()).filter(|module| modules.has(module)).collect();
    let none = |driver: &str| match modules.is_sure(own.is_some()) {
        true => ImageFault::NoNicDriver { pci: pci.clone(), driver: driver.to_owned() },
        false => ImageFault::UnknownDriver { pci: pci.clone() },
    };
    if drivers.is_empty() {
        return Err(none(own.as_deref().unwrap_or(&device.modalias)));
    }
    // The driver of a virtio PCI device only finds the NIC behind it.
    if device.modalias.starts_with("pci:v00001AF4") {
        if !modules.has("virtio_net") {
            return Err(none("virtio_net"));
        }
        drivers.insert("virtio_net".into());
    }
    Ok(drivers)
}

fn security(question: &Question<'_>) -> Vec<ImageFault> {
    let contents = question.contents;
    let profiles = || question.tables.tables.iter().flat_map(|(_, table)| &table.security).map(|profile| profile.flags);
    let tls: Vec<_> = profiles().map(|flags| flags.secure_channel()).collect();
    let is_required = tls.contains(&Requirement::REQUIRED);
    let mut faults = Vec::new();
    if (is_required || tls.contains(&Requirement::SUPPORTED))
        && !contents.has("sbin/tlshd")
        && !contents.has("bin/tlshd")
    {
        faults.push(ImageFault::NoTlshd { is_required });
    }
    let asks = is_required || profiles().any(|flags| flags.authentication() == Requirement::REQUIRED);
    let has_keys = contents.names().any(|name| name.starts_with("etc/nbft/keys/"));
    if asks && !has_keys && !contents.has("libexec/nbft-redfish") {
        faults.push(ImageFault::NoKeys);
    }
    faults
}

fn identity(question: &Question<'_>) -> Vec<ImageFault> {
    let Some(host) = &question.plan.host else { return Vec::new() };
    let pairs = [("etc/nvme/hostnqn", host.nqn.clone()), ("etc/nvme/hostid", host.id.to_string())];
    let stale = pairs.into_iter().filter_map(|(file, expected)| {
        let found = question.contents.text(file)?.trim().to_owned();
        let is_other = !found.is_empty() && !found.eq_ignore_ascii_case(&expected);
        is_other.then(|| ImageFault::StaleIdentity { file: file.into(), found, expected })
    });
    stale.collect()
}

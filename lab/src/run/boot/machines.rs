//! Describes and starts the two machines of a run.

use super::{Images, Options, frame_bytes};
use crate::image::constants::ROOT_UUID;
use crate::image::target;
use crate::image::{extra, mkosi, tpm};
use crate::scenario::Scenario;
use crate::scenario::redfish::HostInterface;
use crate::scenario::system::Init;
use crate::scenario::target::FREE;
use crate::scenario::wires::{WIRES, mac};
use crate::tools::error::{At, Result, VmError};
use crate::tools::place::Place;
use crate::vm::{Firmware, Machine, Nic, Vm};
use std::fs::{self, File};
use std::iter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The time limit for a target to start. It needs 3 s, and many times as long on a busy machine.
const TARGET: Duration = Duration::from_secs(180);

/// Starts the target and waits until it serves.
pub fn start_target(
    place: &Place,
    scenario: &Scenario,
    images: &Images,
    dir: &Path,
    capture: Option<u32>,
) -> Result<Vm> {
    let initrd = dir.join("target.cpio");
    let description = scenario.target.clone().unwrap_or_default();
    target::write(place, &images.target_kernel, &description, &initrd)?;
    let nics = WIRES.iter().zip(3..).map(|((wire, _), slot)| Nic {
        wire: (*wire).to_owned(),
        slot,
        mac: mac(wire, 1),
        carrier: true,
        late: false,
    });
    let mut disks: Vec<(PathBuf, bool)> =
        iter::once(&images.disk).chain(&images.home).map(|disk| (disk.clone(), false)).collect();
    if description.free {
        let disk = dir.join("free.img");
        File::create(&disk).and_then(|file| file.set_len(FREE << 20)).at(&disk)?;
        disks.push((disk, true));
    }
    let machine = Machine {
        name: "target",
        peer: "host",
        firmware: None,
        kernel: images.target_kernel.vmlinux.clone(),
        initrd: initrd.clone(),
        cmdline: "loglevel=4".to_owned(),
        memory: 256,
        nics: nics.collect(),
        disks,
        tables: Vec::new(),
        tpm: None,
        smbios: None,
        credentials: Default::default(),
        fw_cfg: Default::default(),
        capture,
        interactive: false,
    };
    let mut vm = machine.start(dir)?;
    let mut trouble = None;
    let ready = vm.listen(Instant::now() + TARGET, |line| {
        if line.text.contains("lab-error") {
            trouble = Some(line.text.clone());
        }
        line.text.contains("lab-ready").then_some(())
    })?;
    let _ = fs::remove_file(initrd);
    match (ready, trouble) {
        (Some(()), None) => Ok(vm),
        (_, Some(trouble)) => Err(VmError::Target(trouble).into()),
        (None, None) => Err(VmError::TargetSilent { log: dir.join("target.log") }.into()),
    }
}

pub(super) fn host(
    place: &Place,
    scenario: &Scenario,
    init: Init,
    images: &Images,
    dir: &Path,
    options: Options,
) -> Result<Machine> {
    let slot = |wire: &str| WIRES.iter().zip(3..).find(|((name, _), _)| *name == wire).map_or(7, |(_, slot)| slot);
    let nics = scenario.nics.iter().map(|nic| Nic {
        wire: nic.wire.clone(),
        slot: slot(&nic.wire),
        mac: mac(nic.mac_of.as_ref().unwrap_or(&nic.wire), 2),
        carrier: nic.carrier,
        late: nic.late > 0,
    });
    let tpm = (!scenario.tpm.is_empty()).then(|| tpm::sealed(place, &scenario.tpm)).transpose()?;
    let sealed = tpm.as_ref().map(|sealed| tpm::credentials(sealed, &scenario.tpm)).transpose()?.unwrap_or_default();
    let tables = scenario.tables.iter().zip(1..).map(|(table, number)| table.write(place, number, dir));
    let mut cmdline = "printk.time=1 log_buf_len=1M rd.shell=0 rd.emergency=poweroff".to_owned();
    if !scenario.own_root() {
        cmdline.push_str(" root=UUID=");
        cmdline.push_str(ROOT_UUID);
    }
    cmdline.push_str(if options.quiet { " quiet" } else { " loglevel=6 rd.info" });
    if options.keep {
        cmdline.push_str(" lab.keep");
    }
    if scenario.expect.manager.is_some() {
        cmdline.push_str(" lab.handover");
    }
    if scenario.writes {
        cmdline.push_str(" lab.writes");
    }
    if scenario.has_nbft() && !options.quiet {
        cmdline.push_str(" lab.again");
    }
    if init == Init::Systemd && !options.quiet {
        cmdline.push_str(" systemd.show_status=0 systemd.journald.forward_to_console=1");
    }
    for word in &scenario.cmdline {
        cmdline.push(' ');
        cmdline.push_str(word);
    }
    let mut machine = Machine {
        name: "host",
        peer: "target",
        firmware: None,
        kernel: images.kernel.vmlinux.clone(),
        initrd: extra::with_extra(scenario, sealed, &images.initrd.path, dir)?,
        cmdline,
        memory: 1024,
        nics: nics.collect(),
        disks: if scenario.local { vec![(images.disk.clone(), false)] } else { Vec::new() },
        tables: tables.collect::<Result<_>>()?,
        tpm,
        smbios: scenario.host_interface.as_ref().map(|interface| smbios(interface, dir)).transpose()?,
        credentials: scenario.credentials.clone(),
        fw_cfg: scenario.fw_cfg.clone(),
        capture: (scenario.target.is_none() && !options.quiet).then(|| frame_bytes(scenario)),
        interactive: options.keep,
    };
    if scenario.uki {
        let (code, template) = mkosi::firmware(place)?;
        let variables = dir.join("variables");
        fs::copy(&template, &variables).at(&template)?;
        let partition = mkosi::uki(place, &images.kernel, &machine.initrd, &machine.words(), dir)?;
        machine.firmware = Some(Firmware { code, variables, partition });
    }
    Ok(machine)
}

fn smbios(interface: &HostInterface, dir: &Path) -> Result<PathBuf> {
    let path = dir.join("smbios");
    fs::write(&path, interface.smbios()).at(&path)?;
    Ok(path)
}

//! Starts virtual machines, reads their consoles, and always ends them.

mod console;
pub mod qmp;
pub mod tpm;

use crate::tools::error::{At, Error, Result, VmError};
use crate::tools::signals;
pub use console::Line;
use console::Listener;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use qmp::Qmp;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::iter;
use std::os::fd::{AsRawFd as _, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::{Duration, Instant};

/// A NIC on a wire, whose other end is on the peer machine.
#[derive(Debug, Clone)]
pub struct Nic {
    /// The wire's name.
    pub wire: String,
    /// The PCI device number on bus 0.
    pub slot: u8,
    /// Its MAC address.
    pub mac: String,
    /// Whether it has a carrier from the start.
    pub carrier: bool,
    /// Whether it is plugged in later ([`Qmp::plug`]).
    pub late: bool,
}

/// The configuration of a machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its name in the run's directory.
    pub name: &'static str,
    /// The name of the machine at the other end of its wires.
    pub peer: &'static str,
    /// UEFI firmware with a disk to boot from; without it, QEMU starts the kernel with the initramfs.
    pub firmware: Option<Firmware>,
    /// An ELF kernel.
    pub kernel: PathBuf,
    /// The initramfs.
    pub initrd: PathBuf,
    /// The kernel's command line, without the words that every virtual machine gets.
    pub cmdline: String,
    /// Memory in MiB.
    pub memory: u32,
    /// NICs.
    pub nics: Vec<Nic>,
    /// Disks; each flag says whether to keep what is written. Otherwise it is discarded.
    pub disks: Vec<(PathBuf, bool)>,
    /// ACPI tables.
    pub tables: Vec<PathBuf>,
    /// The state of its TPM, made by `image::tpm::sealed`.
    pub tpm: Option<PathBuf>,
    /// A structure of the SMBIOS table.
    pub smbios: Option<PathBuf>,
    /// Credentials that systemd reads from SMBIOS, by name.
    pub credentials: BTreeMap<String, String>,
    /// Credentials in fw_cfg, QEMU's own channel, which limits the length of names.
    pub fw_cfg: BTreeMap<String, String>,
    /// How many bytes of each frame on the wires to capture; `None` captures nothing.
    pub capture: Option<u32>,
    /// Whether the terminal is the machine's console.
    pub interactive: bool,
}

/// UEFI firmware.
#[derive(Debug, Clone)]
pub struct Firmware {
    /// Its code.
    pub code: PathBuf,
    /// Its variables, which it changes.
    pub variables: PathBuf,
    /// The folder that it uses as EFI system partition.
    pub partition: PathBuf,
}

/// A running machine.
#[derive(Debug)]
pub struct Vm {
    name: &'static str,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Line>,
    /// The console lines so far.
    pub console: Vec<Line>,
    monitor: PathBuf,
    tpm: Option<Child>,
}

impl Machine {
    /// The kernel's whole command line.
    pub fn words(&self) -> String {
        // On a busy host the emulated timer may be late in the kernel's timer check, which then panics.
        format!("console=ttyS0 panic=-1 no_timer_check {}", self.cmdline)
    }

    fn arguments(&self, report: RawFd) -> Vec<String> {
        let mut args: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| args.extend(words.iter().map(|word| (*word).to_owned()));
        add(&["-name", self.name, "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"]);
        add(&["-chardev", &format!("file,id=report,path=/dev/fd/{report}"), "-serial", "chardev:report"]);
        add(&["-accel", "tcg,thread=multi", "-cpu", cpu(), "-smp", "1", "-m", &self.memory.to_string()]);
        if self.tpm.is_some() {
            let socket = format!("socket,id=tpm,path={}", tpm::SOCKET);
            add(&["-chardev", &socket, "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"]);
        }
        match &self.firmware {
            Some(Firmware { code, variables, partition }) => {
                for (file, only) in [(code, "readonly=on"), (variables, "readonly=off")] {
                    add(&["-drive", &format!("if=pflash,format=raw,file={},{only}", text(file))]);
                }
                let partition = format!("id=esp,if=none,format=raw,readonly=on,file=fat:{}", text(partition));
                add(&["-drive", &partition, "-device", "virtio-blk-pci,drive=esp,addr=0x12,bootindex=0"]);
            }
            None => {
                let mut cmdline = self.words();
                if self.tpm.is_some() {
                    // With a TPM's log, QEMU overwrites its own ACPI tables with the end of the initramfs.
                    let size = std::fs::metadata(&self.initrd).map_or(0, |file| file.len());
                    let at = "0x10000000";
                    add(&["-device", &format!("loader,file={},addr={at},force-raw=on", text(&self.initrd))]);
                    cmdline.push_str(&format!(" initrdmem={at},{size}"));
                } else {
                    add(&["-initrd", &text(&self.initrd)]);
                }
                add(&["-kernel", &text(&self.kernel), "-append", &cmdline]);
            }
        }
        add(&["-qmp", &format!("unix:{}.qmp,server=on,wait=off", self.name)]);
        add(&["-device", "virtio-rng-pci,addr=0x10"]);
        for nic in &self.nics {
            let wire = &nic.wire;
            let (local, remote) = (format!("{}-{wire}.sock", self.name), format!("{}-{wire}.sock", self.peer));
            add(&[
                "-netdev",
                &format!("dgram,id={wire},local.type=unix,local.path={local},remote.type=unix,remote.path={remote}"),
            ]);
            let (slot, mac) = (nic.slot, &nic.mac);
            if nic.late {
                continue;
            }
            add(&["-device", &format!("virtio-net-pci,id=nic-{wire},netdev={wire},mac={mac},addr={slot:#x},romfile=")]);
            if let Some(bytes) = self.capture {
                add(&["-object", &format!("filter-dump,id=dump-{wire},netdev={wire},file={wire}.pcap,maxlen={bytes}")]);
            }
        }
        for (number, (disk, keep)) in self.disks.iter().enumerate() {
            let snapshot = if *keep { "cache=unsafe" } else { "snapshot=on" };
            add(&["-drive", &format!("id=disk{number},if=none,format=raw,file={},{snapshot}", text(disk))]);
            add(&["-device", &format!("virtio-blk-pci,drive=disk{number},addr={:#x}", 0x8 + number)]);
        }
        for table in &self.tables {
            add(&["-acpitable", &format!("file={}", text(table))]);
        }
        if let Some(structure) = &self.smbios {
            add(&["-smbios", &format!("file={}", text(structure))]);
        }
        for (name, value) in &self.credentials {
            add(&["-smbios", &format!("type=11,value=io.systemd.credential:{name}={}", value.replace(',', ",,"))]);
        }
        for (name, value) in &self.fw_cfg {
            let value = value.replace(',', ",,");
            add(&["-fw_cfg", &format!("name=opt/io.systemd.credentials/{name},string={value}")]);
        }
        if self.paused() {
            add(&["-S"]);
        }
        args
    }

    fn paused(&self) -> bool {
        self.nics.iter().any(|nic| !nic.carrier && !nic.late)
    }

    /// Starts the machine with `dir` as its directory, where its console is logged with times.
    pub fn start(&self, dir: &Path) -> Result<Vm> {
        let program = crate::prepare::need("qemu-system-x86_64")?;
        let errors = dir.join(format!("{}.qemu", self.name));
        let stdin = if self.interactive { Stdio::inherit() } else { Stdio::piped() };
        let (report, report_end) = nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(|errno| VmError::Pipe(errno.into()))?;
        let end = report_end.as_raw_fd();
        let mut command = Command::new(&program);
        // Socket names are relative, since a socket's path is limited to 107 bytes.
        command.args(self.arguments(end)).current_dir(dir).stdin(stdin).stdout(Stdio::piped());
        command.stderr(File::create(&errors).at(&errors)?);
        if !self.interactive {
            // Only the lab may react to Ctrl-C on a terminal.
            command.process_group(0);
        }
        signals::end_with_us(&mut command);
        // SAFETY: only system calls that are async-signal-safe are made between fork and exec.
        unsafe {
            command.pre_exec(move || {
                // The parent keeps this end of the pipe open until the machine has started.
                fcntl(BorrowedFd::borrow_raw(end), FcntlArg::F_SETFD(FdFlag::empty()))?;
                Ok(())
            });
        }
        let tpm = self.tpm.as_ref().map(|sealed| tpm::start(sealed, dir)).transpose()?;
        let start = Instant::now();
        let mut child = command.spawn().map_err(|source| Error::Start { program: text(&program), source })?;
        drop(report_end);
        let log = dir.join(format!("{}.log", self.name));
        let log = File::options().create(true).append(true).open(&log).at(&log)?;
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            let log = log.try_clone().at(dir)?;
            Listener { start, report: false, echo: self.interactive, log, sender: sender.clone() }.listen(stdout);
        }
        Listener { start, report: true, echo: false, log, sender }.listen(File::from(report));
        let monitor = dir.join(format!("{}.qmp", self.name));
        let stdin = child.stdin.take();
        let vm = Vm { name: self.name, child, stdin, lines, console: Vec::new(), monitor, tpm };
        if self.paused() {
            let mut qmp = vm.monitor()?;
            for nic in self.nics.iter().filter(|nic| !nic.carrier && !nic.late) {
                qmp.set_link(&format!("nic-{}", nic.wire), false)?;
            }
            qmp.go()?;
        }
        Ok(vm)
    }
}

/// Hides cmpxchg16b from the guest before QEMU 9: newer kernels fail with it on Debian 12's QEMU 7.2.
fn cpu() -> &'static str {
    static CPU: std::sync::OnceLock<&'static str> = std::sync::OnceLock::new();
    CPU.get_or_init(|| {
        let version = crate::prepare::need("qemu-system-x86_64")
            .and_then(|qemu| crate::tools::shell::run(qemu).arg("--version").text());
        let major =
            version.ok().and_then(|text| text.split_whitespace().nth(3)?.split('.').next()?.parse::<u32>().ok());
        if major.is_some_and(|major| major >= 9) { "max" } else { "max,-cx16" }
    })
}

fn text(path: &Path) -> String {
    // In QEMU's options, a doubled comma stands for one.
    path.to_string_lossy().into_owned()
}

impl Vm {
    /// Connects to its monitor.
    pub fn monitor(&self) -> Result<Qmp> {
        Qmp::connect(&self.monitor)
    }

    /// Sends a line to its console.
    pub fn send(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().ok_or_else(|| VmError::NoInput { name: self.name.to_owned() })?;
        let sent = stdin.write_all(format!("{line}\n").as_bytes());
        Ok(sent.map_err(|source| VmError::Send { name: self.name.to_owned(), source })?)
    }

    /// Reads lines until `wanted` returns a value; `None` at the machine's end or at the deadline.
    pub fn listen<T>(&mut self, end: Instant, mut wanted: impl FnMut(&Line) -> Option<T>) -> Result<Option<T>> {
        loop {
            signals::check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            match self.lines.recv_timeout(left.min(Duration::from_millis(100))) {
                Ok(line) => {
                    let found = wanted(&line);
                    self.console.push(line);
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// Whether it still runs. After its output has ended, it gets some time to exit.
    pub fn running(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(2);
        while matches!(self.child.try_wait(), Ok(None)) {
            match self.lines.try_recv() {
                Err(TryRecvError::Disconnected) if Instant::now() < end => {}
                Ok(line) => {
                    self.console.push(line);
                    return true;
                }
                Err(_) => return true,
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        for child in iter::once(&mut self.child).chain(&mut self.tpm) {
            // These fail only if the process has exited already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

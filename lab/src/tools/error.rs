//! Says why the lab itself has failed. An unexpected outcome of a scenario is no error but a complaint.

use std::io;
use std::path::{Path, PathBuf};

/// An error of the bench.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program that could not be started.
    #[error("{program}: {source}")]
    Start {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program that failed.
    #[error("{command}: {status}\n{tail}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines that it wrote.
        tail: String,
    },
    /// A scenario or list that cannot be read: what the reader of its format says, or which of its keys contradict.
    #[error("{}: {message}", path.display())]
    Scenario {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Packages are missing, and we may not install them.
    #[error("these packages are missing; install them with\n  {line}")]
    Packages {
        /// The one line to run.
        line: String,
    },
    /// A scenario that others are made from has no controller on a wire.
    #[error("{scenario} expects no controller on wire {wire}")]
    NoController {
        /// The scenario's name.
        scenario: &'static str,
        /// The wire.
        wire: String,
    },
    /// A virtual machine.
    #[error(transparent)]
    Vm(#[from] VmError),
    /// Something else about this machine.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// SIGINT or SIGTERM.
    #[error("interrupted")]
    Interrupted,
}

/// Why a virtual machine is of no use.
#[derive(Debug, thiserror::Error)]
pub enum VmError {
    /// QEMU's monitor.
    #[error("QEMU's monitor: {step}: {why}")]
    Monitor {
        /// What was being done.
        step: &'static str,
        /// The words of the system, of QEMU or of the JSON reader.
        why: String,
    },
    /// No pipe for its report.
    #[error("a pipe for the report: {0}")]
    Pipe(io::Error),
    /// Its console takes no input.
    #[error("{name} has no input")]
    NoInput {
        /// The machine.
        name: String,
    },
    /// Its console has not taken a line.
    #[error("{name}: {source}")]
    Send {
        /// The machine.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The machine that makes disks has failed.
    #[error("the disk could not be made; see {}", log.display())]
    Disk {
        /// Its console.
        log: PathBuf,
    },
    /// The target machine has reported an error, in its own words.
    #[error("the target: {0}")]
    Target(String),
    /// The target machine has not reported that it is ready.
    #[error("the target does not come up; see {}", log.display())]
    TargetSilent {
        /// Its console.
        log: PathBuf,
    },
    /// A boot that is measured was not as expected: the judge's complaint.
    #[error("{0}")]
    Unexpected(String),
}

/// What is wrong with the machine on which the bench runs, or with what was built on it.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A program that the bench starts is not installed.
    #[error("{name} is not there")]
    NoTool {
        /// The program.
        name: String,
    },
    /// swtpm does not listen in time.
    #[error("swtpm does not listen")]
    NoTpm,
    /// Another thread panicked while it built nbft.
    #[error("the build of nbft panicked")]
    BuildPanicked,
    /// cargo names no binary nbft among what it has built.
    #[error("cargo built no binary nbft")]
    NotBuilt,
    /// A thread of a suite panicked.
    #[error("a run panicked")]
    RunPanicked,
    /// The handler of a signal cannot be set.
    #[error("sigaction: {0}")]
    Signals(io::Error),
    /// A Debian folder can be made by root only.
    #[error("making a Debian folder needs root (debootstrap, chroot): run as root")]
    NeedsRoot,
    /// apt knows no mirror of Debian.
    #[error("apt's configuration names no mirror of Debian (apt-get indextargets)")]
    NoMirror,
    /// A metapackage depends on no package of the name that is looked for.
    #[error("{package} of {suite} depends on no {prefix}…")]
    NoDependency {
        /// The metapackage.
        package: String,
        /// The release of Debian.
        suite: String,
        /// How the name begins.
        prefix: String,
    },
    /// apt-get has succeeded and has left no file.
    #[error("apt-get download {package} left no file")]
    NotDownloaded {
        /// The package.
        package: String,
    },
    /// An unpacked package holds no kernel.
    #[error("no kernel in {}", folder.display())]
    NoKernel {
        /// Where it was unpacked.
        folder: PathBuf,
    },
    /// A kernel image cannot be unpacked.
    #[error("the kernel image holds no ELF image compressed with zstd, xz or gzip")]
    NoElf,
    /// A kernel has no such module.
    #[error("kernel {kernel} has no module {module}")]
    NoModule {
        /// Version of the kernel.
        kernel: String,
        /// The module.
        module: String,
    },
    /// A dracut module brings no script that installs it.
    #[error("{}: its install.sh is not there", module.display())]
    NoInstallScript {
        /// The module's folder.
        module: PathBuf,
    },
    /// A scenario asks packages for what they do not bring.
    #[error("`packages` goes with the ways nbft and initramfs-tools, and with files of the building machine alone")]
    NotInPackages,
    /// A file should hold a number.
    #[error("{}: no number", file.display())]
    NoNumber {
        /// The file.
        file: PathBuf,
    },
}

/// A result of the bench.
pub type Result<T> = std::result::Result<T, Error>;

/// Gives an I/O error its path.
pub trait At<T> {
    /// With the path that it is about.
    fn at(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Error::File { path: path.as_ref().to_path_buf(), source })
    }
}

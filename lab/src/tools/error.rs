//! Defines the errors of the lab itself. An unexpected outcome of a scenario is a complaint instead.

use std::io;
use std::path::{Path, PathBuf};

/// An error of the bench.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A program cannot be started.
    #[error("{program}: {source}")]
    Start {
        /// Its name.
        program: String,
        /// The reason.
        source: io::Error,
    },
    /// A program failed.
    #[error("{command}: {status}\n{tail}")]
    Failed {
        /// The command line.
        command: String,
        /// The exit status.
        status: String,
        /// The last lines that it wrote.
        tail: String,
    },
    /// A scenario or list is invalid: a parser's message, or keys that contradict each other.
    #[error("{}: {message}", path.display())]
    Scenario {
        /// The file.
        path: PathBuf,
        /// The problem.
        message: String,
    },
    /// Packages are missing, and we may not install them.
    #[error("these packages are missing; install them with\n  {line}")]
    Packages {
        /// The command that installs them.
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
    /// A virtual machine failed.
    #[error(transparent)]
    Vm(#[from] VmError),
    /// The machine on which the lab runs lacks something.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// SIGINT or SIGTERM.
    #[error("interrupted")]
    Interrupted,
}

/// Why a virtual machine cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VmError {
    /// QEMU's monitor failed.
    #[error("QEMU's monitor: {step}: {why}")]
    Monitor {
        /// The step that failed.
        step: &'static str,
        /// The message of the system, of QEMU or of the JSON parser.
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
        /// The reason.
        source: io::Error,
    },
    /// The machine that makes disks has failed.
    #[error("the disk could not be made; see {}", log.display())]
    Disk {
        /// Its console.
        log: PathBuf,
    },
    /// The target machine reported this error.
    #[error("the target: {0}")]
    Target(String),
    /// The target machine did not report that it is ready.
    #[error("the target does not come up; see {}", log.display())]
    TargetSilent {
        /// Its console.
        log: PathBuf,
    },
    /// A boot that is measured was not as expected: the judge's complaint.
    #[error("{0}")]
    Unexpected(String),
}

/// What is missing on the machine on which the lab runs, or in what was built there.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A program that the bench starts is not installed.
    #[error("{name} is not there")]
    NoTool {
        /// The program.
        name: String,
    },
    /// swtpm did not listen in time.
    #[error("swtpm does not listen")]
    NoTpm,
    /// Another thread panicked while it built nbft.
    #[error("the build of nbft panicked")]
    BuildPanicked,
    /// cargo's output names no binary nbft.
    #[error("cargo built no binary nbft")]
    NotBuilt,
    /// A thread of a suite panicked.
    #[error("a run panicked")]
    RunPanicked,
    /// A signal handler cannot be set.
    #[error("sigaction: {0}")]
    Signals(io::Error),
    /// Only root can make a Debian folder.
    #[error("making a Debian folder needs root (debootstrap, chroot): run as root")]
    NeedsRoot,
    /// apt knows no mirror of Debian.
    #[error("apt's configuration names no mirror of Debian (apt-get indextargets)")]
    NoMirror,
    /// A metapackage depends on no package with the wanted name.
    #[error("{package} of {suite} depends on no {prefix}…")]
    NoDependency {
        /// The metapackage.
        package: String,
        /// The release of Debian.
        suite: String,
        /// The prefix of the wanted name.
        prefix: String,
    },
    /// apt-get succeeded without downloading a file.
    #[error("apt-get download {package} left no file")]
    NotDownloaded {
        /// The package.
        package: String,
    },
    /// An unpacked package holds no kernel.
    #[error("no kernel in {}", folder.display())]
    NoKernel {
        /// The folder with its files.
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
    /// A dracut module contains no script that installs it.
    #[error("{}: its install.sh is not there", module.display())]
    NoInstallScript {
        /// The module's folder.
        module: PathBuf,
    },
    /// A scenario needs something from packages that they do not contain.
    #[error("`packages` goes with the ways nbft and initramfs-tools, and with files of the building machine alone")]
    NotInPackages,
    /// A file that must contain a number does not.
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
    /// Adds the path to the error.
    fn at(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Error::File { path: path.as_ref().to_path_buf(), source })
    }
}

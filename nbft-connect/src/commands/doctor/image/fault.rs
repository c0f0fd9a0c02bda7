//! Says what is wrong with an image, and what to do.

use crate::commands::doctor::generator::Generator;
use crate::commands::subsystems::listed;
use libnbft::codes;

/// What is wrong with an image. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageFault {
    /// The program is not there.
    #[error("The image has no nbft{}.", if *has_nvme_cli { "; it has nvme-cli, which connects the NBFT's paths in its own way" } else { "" })]
    NoProgram { has_nvme_cli: bool },
    /// The program is for another architecture.
    #[error("The image's nbft is not a program for {arch}.")]
    OtherArchitecture { arch: String },
    /// Nothing starts the program.
    #[error("The image has nbft, but no unit, hook or script that starts it.")]
    NoStart,
    /// There is no NVMe/TCP driver.
    #[error("The image has no module nvme-tcp for kernel {kernel}, and the kernel has it not built in.")]
    NoTransport { kernel: String },
    /// The image has no modules at all.
    #[error("The image has no kernel modules.")]
    NoModules,
    /// A module is not there.
    #[error("The image has no module {module}, which {needed_by} needs.")]
    NoModule { module: String, needed_by: String },
    /// No driver for a NIC.
    #[error("The image has no driver for the NIC at {pci} ({driver}).")]
    NoNicDriver { pci: String, driver: String },
    /// The device at a PCI address is unknown.
    #[error("The tables name a NIC at {pci}, and the machine has no device there: its driver cannot be checked.")]
    UnknownNic { pci: String },
    /// The image does not say which module drives a NIC.
    #[error(
        "The image does not list which module drives which device: the driver of the NIC at {pci} cannot be checked."
    )]
    UnknownDriver { pci: String },
    /// None of a module's firmware files is there.
    #[error("The image has none of the firmware files that the module {module} names: {}.", listed(files, 3))]
    NoFirmware { module: String, files: Vec<String> },
    /// There is no tlshd.
    #[error("A security profile of the tables asks for TLS, and the image has no tlshd.")]
    NoTlshd { is_required: bool },
    /// There are no keys.
    #[error("A security profile of the tables asks for a secret, and the image has no file in /etc/nbft/keys.")]
    NoKeys,
    /// Another identity is baked in.
    #[error("The image's /{file} holds {found}, the tables {expected}.")]
    StaleIdentity { file: String, found: String, expected: String },
    /// The command line names no root.
    #[error("The kernel's command line has no root=.")]
    NoRoot { may_be_found: bool },
    /// The kernel command line disables nbft.
    #[error("{parameter} is on the kernel's command line: nbft connects nothing.")]
    SwitchedOff { parameter: &'static str },
    /// The modules are for another kernel.
    #[error("The image has modules for kernel {}, {} is {kernel}.", found.join(", "), if *is_uki { "the UKI's kernel" } else { "the running one" })]
    OtherKernel { found: Vec<String>, kernel: String, is_uki: bool },
    /// Part of the image was not read.
    #[error("{program} has not undone all of the image's compression: what lies behind was not looked at.")]
    PartlyRead { program: &'static str },
}

codes!(ImageFault {
    NoProgram => "image-no-nbft",
    OtherArchitecture => "image-other-architecture",
    NoStart => "image-no-start",
    NoTransport => "image-no-nvme-tcp",
    NoModules => "image-no-modules",
    NoModule => "image-no-module",
    NoNicDriver => "image-no-nic-driver",
    UnknownNic => "image-unknown-nic",
    UnknownDriver => "image-unknown-driver",
    NoFirmware => "image-no-firmware",
    NoTlshd => "image-no-tlshd",
    NoKeys => "image-no-keys",
    StaleIdentity => "image-stale-identity",
    NoRoot => "image-no-root",
    SwitchedOff => "image-switched-off",
    OtherKernel => "image-other-kernel",
    PartlyRead => "image-partly-read",
});

impl ImageFault {
    /// Whether this image would keep the machine from booting. The others are warnings.
    pub(crate) const fn is_fatal(&self) -> bool {
        match self {
            Self::NoProgram { .. }
            | Self::OtherArchitecture { .. }
            | Self::NoStart
            | Self::NoTransport { .. }
            | Self::NoModule { .. }
            | Self::NoNicDriver { .. }
            | Self::SwitchedOff { .. } => true,
            Self::NoTlshd { is_required } => *is_required,
            Self::NoRoot { may_be_found } => !*may_be_found,
            Self::OtherKernel { is_uki, .. } => *is_uki,
            // A kernel may have all built in; a secret may come from a Redfish service; a driver asks for few of its firmware files.
            Self::NoModules
            | Self::UnknownNic { .. }
            | Self::UnknownDriver { .. }
            | Self::NoFirmware { .. }
            | Self::NoKeys
            | Self::StaleIdentity { .. }
            | Self::PartlyRead { .. } => false,
        }
    }

    /// What to do, in a sentence.
    pub(crate) fn remedy(&self, generator: Generator) -> String {
        let anew = generator.with_nbft();
        match self {
            Self::NoProgram { .. } | Self::NoStart => {
                format!("Install nbft with its part for the initramfs, and make the image anew: {anew}.")
            }
            Self::OtherArchitecture { arch } => format!("Make the image with the nbft of {arch}."),
            Self::NoTransport { .. } => format!(
                "Make the image anew for this kernel: {anew}; if the kernel has no such module, install the package that has it."
            ),
            Self::NoModules => "Check that the kernel has nvme-tcp and the drivers of the NICs built in.".into(),
            Self::NoModule { module, .. } => generator.with_driver().replace("NAME", module) + ".",
            Self::NoNicDriver { .. } => format!("Add the driver and make the image anew: {}.", generator.with_driver()),
            Self::UnknownNic { .. } => {
                "Give the machine's description by --machine; on the machine, nbft doctor --collect prints it.".into()
            }
            Self::UnknownDriver { .. } => {
                "Run nbft doctor --collect on the machine while the driver is loaded, and give its output by --machine."
                    .into()
            }
            Self::NoFirmware { .. } => {
                "Install the package that has them, and make the image anew, if dmesg says that this NIC asks for one."
                    .into()
            }
            Self::NoTlshd { .. } => format!("Install ktls-utils, and make the image anew: {anew}."),
            Self::NoKeys => {
                format!("Pack the keys ({}), unless they come from a Redfish service.", generator.with_keys())
            }
            Self::StaleIdentity { file, .. } => {
                format!("Remove /{file} before the image is made, or write the tables' pair by nbft export identity.")
            }
            Self::NoRoot { .. } => "Add root= with the file system's UUID or label.".into(),
            Self::SwitchedOff { .. } => "Take it off the command line.".into(),
            Self::OtherKernel { .. } => "Make the image for the kernel that boots with it.".into(),
            Self::PartlyRead { .. } => {
                "Make the image anew if it is damaged; parts behind a compressed one must be compressed the same way."
                    .into()
            }
        }
    }
}

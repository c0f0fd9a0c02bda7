//! Describes the host's software: its root, process 1 of its initramfs, and the initramfs' modules for NVMe/TCP.

use serde::Deserialize;

/// What is on the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// A busybox and `nbft`: reports and switches off.
    #[default]
    Mini,
    /// The same on LVM.
    Lvm,
    /// The same on LVM on LUKS.
    Luks,
    /// Debian with systemd and udev: reports, then stays for what the bench does to it.
    Debian,
    /// The same with /home on LUKS, named by crypttab and fstab as something on the network.
    Home,
    /// The same, with leave to boot without it.
    #[serde(rename = "home-nofail")]
    HomeNofail,
    /// The same with ktls-utils, whose tlshd.service runs beside what comes from the initramfs.
    Tlshd,
    /// The same with its kernel, kexec and makedumpfile, which the initramfs has too.
    Kexec,
    /// The same with kexec, its kernel and modules, Debian's packages of nbft, and a script that installs all that to another disk.
    Installer,
    /// The same with systemd-resolved.
    Resolved,
    /// The same with systemd-networkd, which is told to ask for an address on every Ethernet.
    Networkd,
    /// The same with NetworkManager, which is told so.
    NetworkManager,
}

/// Who is process 1 in the initramfs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// dracut's own script.
    Plain,
    /// systemd.
    Systemd,
}

impl Init {
    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Systemd => "systemd",
        }
    }
}

/// What the image has for the network and NVMe/TCP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Way {
    /// Our module.
    #[default]
    #[serde(rename = "nbft")]
    Nbft,
    /// Nothing: root is local.
    #[serde(rename = "local")]
    Local,
    /// The distribution's: nvmf, nvme-cli, jq, network-legacy.
    #[serde(rename = "stock")]
    Stock,
    /// Ours beside the distribution's scripts for a network, for what else boots from one.
    #[serde(rename = "nbft+network")]
    NbftNetwork,
    /// Ours beside the distribution's.
    #[serde(rename = "nbft+stock")]
    NbftStock,
    /// Ours beside nvmf and NetworkManager.
    #[serde(rename = "nbft+networkmanager")]
    NbftNetworkManager,
    /// Ours beside systemd-networkd.
    #[serde(rename = "nbft+networkd")]
    NbftNetworkd,
    /// Our module, but the binary does nothing: for what must fail.
    #[serde(rename = "nbft-true")]
    NbftTrue,
    /// Ours, in an image made by initramfs-tools.
    #[serde(rename = "initramfs-tools")]
    InitramfsTools,
    /// An image made by initramfs-tools: root is local.
    #[serde(rename = "initramfs-tools-local")]
    InitramfsToolsLocal,
    /// Ours, in an image made by mkosi of Debian's packages: systemd alone.
    #[serde(rename = "mkosi")]
    Mkosi,
    /// An image made by mkosi: root is local.
    #[serde(rename = "mkosi-local")]
    MkosiLocal,
}

/// What is done with Debian's packages of nbft on the machine on which the initramfs is made, and on the large root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packages {
    /// They are installed.
    Installed,
    /// Those with a lower number are installed, whose `nbft` does nothing; then these.
    Upgraded,
    /// They are installed; then that for the generator of the initramfs is removed.
    Removed,
}

impl Way {
    /// Whether our program is in it.
    pub const fn ours(self) -> bool {
        !matches!(self, Self::Local | Self::Stock | Self::InitramfsToolsLocal | Self::MkosiLocal)
    }

    /// Whether mkosi makes the image.
    pub const fn by_mkosi(self) -> bool {
        matches!(self, Self::Mkosi | Self::MkosiLocal)
    }

    /// Whether initramfs-tools makes the image, and not dracut.
    pub const fn by_initramfs_tools(self) -> bool {
        matches!(self, Self::InitramfsTools | Self::InitramfsToolsLocal)
    }

    pub(crate) fn wanted(self) -> &'static [&'static str] {
        match self {
            Self::Local | Self::InitramfsTools | Self::InitramfsToolsLocal | Self::Mkosi | Self::MkosiLocal => &[],
            Self::Nbft | Self::NbftTrue => &["nbft", "kernel-network-modules"],
            Self::Stock => &["nvmf", "network", "network-legacy", "kernel-network-modules", "net-lib", "url-lib"],
            Self::NbftNetwork => &["nbft", "network", "network-legacy", "kernel-network-modules", "net-lib", "url-lib"],
            Self::NbftStock => {
                &["nbft", "nvmf", "network", "network-legacy", "kernel-network-modules", "net-lib", "url-lib"]
            }
            Self::NbftNetworkd => {
                &["nbft", "network", "systemd-networkd", "kernel-network-modules", "net-lib", "url-lib"]
            }
            Self::NbftNetworkManager => {
                &["nbft", "nvmf", "network", "network-manager", "kernel-network-modules", "net-lib", "url-lib"]
            }
        }
    }
}

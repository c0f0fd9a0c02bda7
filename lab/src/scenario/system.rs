//! Describes the host's software: its root, process 1 of its initramfs, and the initramfs' modules for NVMe/TCP.

use serde::Deserialize;

/// The system on the root disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// A busybox and `nbft`: reports, then switches off.
    #[default]
    Mini,
    /// Like `Mini`, on LVM.
    Lvm,
    /// Like `Mini`, on LVM on LUKS.
    Luks,
    /// Debian with systemd and udev: reports, then runs the bench's commands.
    Debian,
    /// Debian with /home on LUKS, which crypttab and fstab mark as a network device.
    Home,
    /// Like `Home`, but the system may boot without /home.
    #[serde(rename = "home-nofail")]
    HomeNofail,
    /// Debian with ktls-utils, whose tlshd.service runs beside the tlshd from the initramfs.
    Tlshd,
    /// Debian with its kernel, kexec and makedumpfile; the initramfs has these two as well.
    Kexec,
    /// Debian with kexec, its kernel and modules, Debian's packages of nbft, and a script that installs all this to another disk.
    Installer,
    /// Debian with systemd-resolved.
    Resolved,
    /// Debian with systemd-networkd, configured to use DHCP on every Ethernet interface.
    Networkd,
    /// Debian with NetworkManager, configured to use DHCP on every Ethernet interface.
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
    /// The name of this kind of initramfs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Systemd => "systemd",
        }
    }
}

/// How the image gets network and NVMe/TCP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Way {
    /// nbft's module.
    #[default]
    #[serde(rename = "nbft")]
    Nbft,
    /// No module: root is local.
    #[serde(rename = "local")]
    Local,
    /// The distribution's modules: nvmf, nvme-cli, jq, network-legacy.
    #[serde(rename = "stock")]
    Stock,
    /// nbft's module beside the distribution's network scripts, for other boots from a network.
    #[serde(rename = "nbft+network")]
    NbftNetwork,
    /// nbft's module beside the distribution's modules.
    #[serde(rename = "nbft+stock")]
    NbftStock,
    /// nbft's module beside nvmf and NetworkManager.
    #[serde(rename = "nbft+networkmanager")]
    NbftNetworkManager,
    /// nbft's module beside systemd-networkd.
    #[serde(rename = "nbft+networkd")]
    NbftNetworkd,
    /// nbft's module with a binary that does nothing: for boots that must fail.
    #[serde(rename = "nbft-true")]
    NbftTrue,
    /// nbft's scripts, in an image made by initramfs-tools.
    #[serde(rename = "initramfs-tools")]
    InitramfsTools,
    /// An image made by initramfs-tools: root is local.
    #[serde(rename = "initramfs-tools-local")]
    InitramfsToolsLocal,
    /// nbft, in an image that mkosi makes of Debian's packages, with systemd only.
    #[serde(rename = "mkosi")]
    Mkosi,
    /// An image made by mkosi: root is local.
    #[serde(rename = "mkosi-local")]
    MkosiLocal,
}

/// How Debian's packages of nbft are used on the machine that makes the initramfs, and on the large root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packages {
    /// The packages are installed.
    Installed,
    /// Packages with a lower version, whose `nbft` does nothing, are installed and then upgraded.
    Upgraded,
    /// The packages are installed; then the one for the initramfs generator is removed.
    Removed,
}

impl Way {
    /// Whether the image contains nbft.
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

//! Waits for device events: the kernel's own, or those that udev sends after it has processed one.

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, setsockopt, socket, sockopt,
};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use tokio::io::unix::AsyncFd;

/// A socket that receives uevents.
#[derive(Debug)]
pub struct Uevents {
    socket: AsyncFd<OwnedFd>,
}

/// The multicast group of the kernel's events.
const KERNEL_GROUP: u32 = 1;

/// The multicast group of udev's events.
const UDEV_GROUP: u32 = 2;

impl Uevents {
    /// Receives the kernel's events. Call it on the runtime.
    ///
    /// # Errors
    ///
    /// The kernel's error.
    pub fn of_kernel() -> io::Result<Self> {
        Self::open(KERNEL_GROUP)
    }

    /// Receives udev's events. Call it on the runtime.
    ///
    /// # Errors
    ///
    /// The kernel's error.
    pub fn of_udev() -> io::Result<Self> {
        Self::open(UDEV_GROUP)
    }

    fn open(group: u32) -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkKObjectUEvent)?;
        // Coldplug floods this socket. An overrun is harmless, but costs a scan of sysfs.
        let _ = setsockopt(&socket, sockopt::RcvBufForce, &(4 << 20));
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, group))?;
        // SAFETY: the `OwnedFd` keeps its descriptor open until the `AsyncFd` that owns it is dropped, and always gives the
        // same number.
        let socket = unsafe { AsyncFd::register(socket) }?;
        Ok(Self { socket })
    }

    /// Waits until an NVMe controller or a block device changes, or events are lost. Returns the discovery controllers (`nvmeN`)
    /// that reported a changed log page.
    ///
    /// # Errors
    ///
    /// The kernel's error.
    pub async fn nvme_changed(&self) -> io::Result<Vec<String>> {
        let mut changed = Vec::new();
        self.changed(b"nvme", |message| changed.extend(changed_log_page(message).map(str::to_owned))).await?;
        Ok(changed)
    }

    /// Waits until a network interface changes, or events are lost.
    ///
    /// # Errors
    ///
    /// The kernel's error.
    pub async fn net_changed(&self) -> io::Result<()> {
        self.changed(b"/net/", |_| ()).await
    }

    async fn changed(&self, part: &[u8], mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let mut relevant = false;
        loop {
            let mut guard = self.socket.readable().await?;
            let mut buffer = [0; 8192];
            match recv(guard.get_inner().as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(length) if path_holds(&buffer[..length], part) => {
                    each(&buffer[..length]);
                    relevant = true;
                }
                Ok(_) => {}
                Err(nix::errno::Errno::ENOBUFS) => relevant = true,
                Err(nix::errno::Errno::EAGAIN) => {
                    guard.clear_ready();
                    if relevant {
                        return Ok(());
                    }
                }
                Err(nix::errno::Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Whether the device's path holds `part`. The kernel's messages start with `ACTION@/devices/…`; udev's have a binary header
/// and then the properties, `DEVPATH=` among them.
fn path_holds(message: &[u8], part: &[u8]) -> bool {
    let holds = |line: &[u8]| line.windows(part.len()).any(|window| window == part);
    let mut lines = message.split(|byte| *byte == 0);
    if message.starts_with(b"libudev\0") {
        // The header may end where a property starts without a NUL between.
        return lines.any(|line| line.windows(8).any(|window| window == b"DEVPATH=") && holds(line));
    }
    lines.next().is_some_and(holds)
}

/// The discovery controller whose log page changed, according to a kernel's message: by an asynchronous event (log page 70h,
/// discovery log page change), or because it reconnected.
fn changed_log_page(message: &[u8]) -> Option<&str> {
    let mut lines = message.split(|byte| *byte == 0);
    let path = lines.next()?;
    let name = std::str::from_utf8(path.rsplit(|byte| *byte == b'/').next()?).ok()?;
    lines.any(|line| line == b"NVME_AEN=0x70f002" || line == b"NVME_EVENT=rediscover").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{changed_log_page, path_holds};

    #[test]
    fn a_changed_log_page_names_its_controller() {
        let of = |property: &str| {
            let message =
                format!("change@/devices/virtual/nvme-fabrics/ctl/nvme3\0ACTION=change\0{property}\0SEQNUM=7\0");
            changed_log_page(message.as_bytes()).map(str::to_owned)
        };
        assert_eq!(of("NVME_AEN=0x70f002").as_deref(), Some("nvme3"));
        assert_eq!(of("NVME_EVENT=rediscover").as_deref(), Some("nvme3"));
        assert_eq!((of("NVME_EVENT=connected"), of("NVME_AEN=0x000002")), (None, None));
    }

    #[test]
    fn kernel_events_are_matched_by_their_first_line() {
        assert!(path_holds(b"add@/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1\0ACTION=add\0", b"nvme"));
        assert!(!path_holds(b"add@/devices/pci0000:00/0000:00:03.0/net/eth0\0ACTION=add\0X=nvme\0", b"nvme"));
    }

    #[test]
    fn udev_events_are_matched_by_their_path() {
        let message =
            b"libudev\0\xfe\xed\xca\xfe\x28\0\0\0ACTION=add\0DEVPATH=/devices/virtio0/net/eth0\0SUBSYSTEM=net\0";
        assert!(path_holds(message, b"/net/"));
        assert!(!path_holds(message, b"nvme"));
    }
}

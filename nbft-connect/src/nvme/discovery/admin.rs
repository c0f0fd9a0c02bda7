//! Sends Get Log Page to a controller: an admin command by ioctl on its device.

use super::ReadFailure;
use std::fs::File;
use std::os::fd::AsRawFd;

/// Get Log Page (NVM Express Base Specification, Admin Command Set).
const GET_LOG_PAGE: u8 = 0x02;

/// The time limit of a command.
const TIMEOUT_MS: u32 = 5_000;

/// A source of log pages: a controller, or a stand-in for it in tests.
pub(super) trait LogPages {
    /// Fills `buffer`, whose length is a multiple of 4, from byte `offset` of log page `page`.
    fn read(&mut self, page: u8, offset: u64, buffer: &mut [u8]) -> Result<(), ReadFailure>;
}

/// A controller's device, `/dev/nvmeN`.
pub(super) struct Admin(File);

/// `struct nvme_passthru_cmd` of linux/nvme_ioctl.h.
#[repr(C)]
#[derive(Default)]
struct Command {
    opcode: u8,
    flags: u8,
    reserved: u16,
    nsid: u32,
    cdw2: u32,
    cdw3: u32,
    metadata: u64,
    addr: u64,
    metadata_len: u32,
    data_len: u32,
    cdw10: u32,
    cdw11: u32,
    cdw12: u32,
    cdw13: u32,
    cdw14: u32,
    cdw15: u32,
    timeout_ms: u32,
    result: u32,
}

const _: () = assert!(size_of::<Command>() == 72);

nix::ioctl_readwrite!(nvme_ioctl_admin_cmd, b'N', 0x41, Command);

impl Admin {
    pub(super) const fn new(file: File) -> Self {
        Self(file)
    }
}

/// The command, without the address of the buffer.
fn get_log_page(page: u8, offset: u64, length: u32) -> Command {
    // The number of dwords, less one, in two halves.
    let dwords = (length / 4).saturating_sub(1);
    Command {
        opcode: GET_LOG_PAGE,
        data_len: length,
        cdw10: u32::from(page) | (dwords & 0xffff) << 16,
        cdw11: dwords >> 16,
        cdw12: offset as u32,
        cdw13: (offset >> 32) as u32,
        timeout_ms: TIMEOUT_MS,
        ..Command::default()
    }
}

impl LogPages for Admin {
    fn read(&mut self, page: u8, offset: u64, buffer: &mut [u8]) -> Result<(), ReadFailure> {
        let length = u32::try_from(buffer.len()).map_err(|_| ReadFailure::Errno(libc::EINVAL))?;
        let mut command = get_log_page(page, offset, length);
        command.addr = buffer.as_mut_ptr() as u64;
        // SAFETY: `command` has the layout of this ioctl, and names `buffer` with its length. The kernel writes only there, and
        // nobody else uses `buffer` until it returns.
        let status = unsafe { nvme_ioctl_admin_cmd(self.0.as_raw_fd(), &raw mut command) };
        match status.map_err(|errno| ReadFailure::Errno(errno as i32))? {
            0 => Ok(()),
            status => Err(ReadFailure::Status(status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::get_log_page;

    #[test]
    fn the_command_of_a_chunk() {
        let command = get_log_page(0x70, 0x1_0000_0400, 4096);
        assert_eq!(
            (
                command.opcode,
                command.nsid,
                command.data_len,
                command.cdw10,
                command.cdw11,
                command.cdw12,
                command.cdw13
            ),
            (2, 0, 4096, 0x03ff_0070, 0, 0x400, 1)
        );
        let large = get_log_page(0x70, 0, 1 << 20);
        assert_eq!((large.cdw10, large.cdw11), (0xffff_0070, 3));
    }
}

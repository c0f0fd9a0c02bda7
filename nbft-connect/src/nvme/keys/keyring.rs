//! The kernel's keyring `.nvme`, in which its NVMe/TCP finds TLS PSKs, and `tlshd` after it.
//!
//! It belongs to root, who may read and change it without possessing it. A key in it is never made again: what replaces a key
//! has another serial number, and the controllers that were made with the old one could not be connected again.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};

/// The serial number of a key.
pub type Serial = i32;

/// Name of the keyring.
const NAME: &str = ".nvme";

/// Type of the keys, as `add_key` has it.
const PSK: &std::ffi::CStr = c"psk";

/// A keyring for TLS PSKs: the kernel's, or a stand-in for it in tests.
pub trait Keyring: Debug {
    /// The keys in it: serial numbers and names. Those that were revoked or have expired are left out.
    ///
    /// # Errors
    ///
    /// [`KeyringError`].
    fn keys(&self) -> Result<Vec<(Serial, String)>, KeyringError>;

    /// Puts a key into it.
    ///
    /// # Errors
    ///
    /// [`KeyringError`].
    fn add(&self, name: &str, key: &[u8]) -> Result<Serial, KeyringError>;
}

/// Why the keyring is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It is not there.
    #[error("the kernel has no keyring {NAME}: it cannot do TLS (it needs CONFIG_NVME_TCP_TLS, from Linux 6.7 on)")]
    Missing,
    /// The kernel refuses.
    #[error("the kernel's keyring {NAME} cannot be {0}: {1}")]
    Refused(&'static str, io::Error),
}

/// The kernel's.
#[derive(Debug)]
pub(super) struct Kernel {
    /// `proc/keys` under the root.
    list: PathBuf,
}

impl Kernel {
    pub(super) fn new(root: &Path) -> Self {
        Self { list: root.join("proc/keys") }
    }

    /// The keyring's serial number: it comes with the module, so that it is looked for each time.
    fn serial(&self) -> Result<Serial, KeyringError> {
        match std::fs::read_to_string(&self.list) {
            Ok(list) => find(&list).ok_or(KeyringError::Missing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyringError::Missing),
            Err(error) => Err(KeyringError::Refused("found in /proc/keys", error)),
        }
    }
}

impl Keyring for Kernel {
    fn keys(&self) -> Result<Vec<(Serial, String)>, KeyringError> {
        let serials = sys::links(self.serial()?).map_err(|error| KeyringError::Refused("read", error))?;
        let name = |serial: Serial| {
            let description = sys::describe(serial).ok()?;
            Some((serial, psk_name(&description)?.to_owned()))
        };
        Ok(serials.into_iter().filter_map(name).collect())
    }

    fn add(&self, name: &str, key: &[u8]) -> Result<Serial, KeyringError> {
        sys::add(PSK, name, key, self.serial()?).map_err(|error| KeyringError::Refused("given a key", error))
    }
}

/// The keyring in the text of /proc/keys: serial number in hex, flags, usage, timeout, permissions, user, group, type, name and `: `.
fn find(list: &str) -> Option<Serial> {
    list.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let serial = Serial::from_str_radix(words.next()?, 16).ok()?;
        // Names that begin with a dot are the kernel's: nobody else can make such a keyring.
        let mut words = words.skip(6);
        (words.next()? == "keyring" && words.next()?.strip_suffix(':')? == NAME).then_some(serial)
    })
}

/// The name in a key's description, `type;user;group;permissions;name`, when it is a PSK's.
fn psk_name(description: &str) -> Option<&str> {
    let mut parts = description.splitn(5, ';');
    (parts.next()?.as_bytes() == PSK.to_bytes()).then(|| parts.nth(3)).flatten()
}

/// System calls of keyrings.
mod sys {
    use super::Serial;
    use std::ffi::{CStr, CString};
    use std::io;

    /// How many keys a keyring is read to.
    const MAX_LINKS: usize = 4096;

    /// No description is longer: the kernel takes a page.
    const MAX_DESCRIPTION: usize = 8192;

    /// Makes a key in a keyring.
    pub(super) fn add(kind: &CStr, name: &str, key: &[u8], keyring: Serial) -> io::Result<Serial> {
        let name = CString::new(name)?;
        // SAFETY: both texts end in NUL, `key` is as long as is said, and all of them outlive the call, which only reads.
        let serial =
            unsafe { libc::syscall(libc::SYS_add_key, kind.as_ptr(), name.as_ptr(), key.as_ptr(), key.len(), keyring) };
        Ok(result(serial)? as Serial)
    }

    /// The serial numbers of what is in a keyring.
    pub(super) fn links(keyring: Serial) -> io::Result<Vec<Serial>> {
        let mut bytes = vec![0; MAX_LINKS * size_of::<Serial>()];
        let length = control(libc::KEYCTL_READ, keyring, &mut bytes)?;
        let serials = bytes[..length].chunks_exact(size_of::<Serial>());
        Ok(serials.filter_map(|bytes| bytes.try_into().ok().map(Serial::from_ne_bytes)).collect())
    }

    /// A key's description.
    pub(super) fn describe(key: Serial) -> io::Result<String> {
        let mut bytes = vec![0; MAX_DESCRIPTION];
        let length = control(libc::KEYCTL_DESCRIBE, key, &mut bytes)?;
        let text = bytes[..length].strip_suffix(&[0]).unwrap_or(&bytes[..length]);
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// An operation that fills a buffer; how much of it is filled.
    fn control(operation: u32, key: Serial, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the buffer is as long as is said and outlives the call, which writes no more than that.
        let length =
            unsafe { libc::syscall(libc::SYS_keyctl, operation, key, buffer.as_mut_ptr(), buffer.len(), 0_usize) };
        // The length is that of all there is, more than the buffer may hold.
        Ok((result(length)? as usize).min(buffer.len()))
    }

    fn result(value: libc::c_long) -> io::Result<libc::c_long> {
        if value < 0 { Err(io::Error::last_os_error()) } else { Ok(value) }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        #[ignore = "needs a kernel that makes keyrings for everybody"]
        fn keys_of_a_keyring_are_listed_by_name() {
            let keyring = add(c"keyring", "nbft-test", &[], libc::KEY_SPEC_PROCESS_KEYRING).unwrap();
            assert_eq!(links(keyring).unwrap(), [0; 0]);
            let [one, other] = ["NVMe1R01 h s d", "b;c"].map(|name| add(c"user", name, b"secret", keyring).unwrap());
            let mut found = links(keyring).unwrap();
            found.sort_by_key(|serial| *serial != one);
            assert_eq!(found, [one, other]);
            let name = |serial| describe(serial).unwrap().splitn(5, ';').nth(4).map(str::to_owned);
            assert_eq!((name(one).as_deref(), name(other).as_deref()), (Some("NVMe1R01 h s d"), Some("b;c")));
            assert!(describe(Serial::MAX).is_err() && links(Serial::MAX).is_err());
            assert_eq!(add(c"user", "a\0b", b"", keyring).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyring_is_found_by_its_name() {
        let list = "\
0034c1f5 I--Q---     4 perm 3f030000     0     0 keyring   _ses: 1
1b6c0b43 I------     2 perm 1f0f0000     0     0 keyring   .nvmet: empty
2a10be0f I------     1 perm 1f0f0000     0     0 psk       .nvme: 32
3ad5e6b1 I------     3 perm 3f3f0000     0     0 keyring   .nvme: 2
";
        assert_eq!(find(list), Some(0x3ad5_e6b1));
        assert_eq!(find(list.split_once("3ad5").unwrap().0), None);
        assert_eq!(find("nonsense\n\n"), None);
    }

    #[test]
    fn names_are_taken_from_descriptions() {
        assert_eq!(psk_name("psk;0;0;3f010000;NVMe1R01 a b c;d"), Some("NVMe1R01 a b c;d"));
        assert_eq!(psk_name("user;0;0;3f010000;NVMe1R01 a b c"), None);
        assert_eq!(psk_name("psk;0;0"), None);
    }

    #[test]
    fn a_kernel_without_the_keyring_is_told_so() {
        let kernel = Kernel::new(Path::new("/nonexistent"));
        let expected =
            "the kernel has no keyring .nvme: it cannot do TLS (it needs CONFIG_NVME_TCP_TLS, from Linux 6.7 on)";
        assert_eq!(kernel.keys().unwrap_err().to_string(), expected);
        assert_eq!(kernel.add("NVMe1R01 a b c", &[0; 32]).unwrap_err().to_string(), expected);
    }
}

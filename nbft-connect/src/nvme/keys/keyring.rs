//! Reads and fills the kernel's keyring `.nvme`, where NVMe/TCP and `tlshd` find TLS PSKs.
//!
//! Root may read and change it without possessing it. nbft never replaces a key: the new key would have another serial number, and
//! controllers that use the old one could not reconnect.

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
    /// Its keys: serial numbers and names. Revoked and expired keys are left out.
    ///
    /// # Errors
    ///
    /// [`KeyringError`].
    fn keys(&self) -> Result<Vec<(Serial, String)>, KeyringError>;

    /// Adds a key.
    ///
    /// # Errors
    ///
    /// [`KeyringError`].
    fn add(&self, name: &str, key: &[u8]) -> Result<Serial, KeyringError>;
}

/// Why the keyring cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// It does not exist.
    #[error("the kernel has no keyring {NAME}: it cannot do TLS (it needs CONFIG_NVME_TCP_TLS, from Linux 6.7 on)")]
    Missing,
    /// The kernel refuses an action, with this errno.
    #[error("the kernel's keyring {NAME} cannot be {action}: {}", io::Error::from_raw_os_error(*errno))]
    Refused {
        /// The action, as a participle.
        action: &'static str,
        /// The errno.
        errno: i32,
    },
}

/// A refusal of this action.
fn refused(action: &'static str) -> impl Fn(io::Error) -> KeyringError {
    move |error| KeyringError::Refused { action, errno: error.raw_os_error().unwrap_or(libc::EINVAL) }
}

/// The kernel's keyring.
#[derive(Debug)]
pub(super) struct Kernel {
    /// `proc/keys` under the root.
    list: PathBuf,
}

impl Kernel {
    pub(super) fn new(root: &Path) -> Self {
        Self { list: root.join("proc/keys") }
    }

    /// The keyring's serial number. The keyring comes with the kernel module, so each call looks for it.
    fn serial(&self) -> Result<Serial, KeyringError> {
        match std::fs::read_to_string(&self.list) {
            Ok(list) => find(&list).ok_or(KeyringError::Missing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyringError::Missing),
            Err(error) => Err(refused("found in /proc/keys")(error)),
        }
    }
}

impl Keyring for Kernel {
    fn keys(&self) -> Result<Vec<(Serial, String)>, KeyringError> {
        let serials = sys::links(self.serial()?).map_err(refused("read"))?;
        let name = |serial: Serial| {
            let description = sys::describe(serial).ok()?;
            Some((serial, psk_name(&description)?.to_owned()))
        };
        Ok(serials.into_iter().filter_map(name).collect())
    }

    fn add(&self, name: &str, key: &[u8]) -> Result<Serial, KeyringError> {
        sys::add(PSK, name, key, self.serial()?).map_err(refused("given a key"))
    }
}

/// The keyring in the text of /proc/keys: serial number in hex, flags, usage, timeout, permissions, user, group, type, name and `: `.
fn find(list: &str) -> Option<Serial> {
    list.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let serial = Serial::from_str_radix(words.next()?, 16).ok()?;
        // Only the kernel can make keyrings whose names begin with a dot.
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

    /// Keys that are read from a keyring.
    const MAX_LINKS: usize = 4096;

    /// The longest description, in bytes: the kernel uses a page.
    const MAX_DESCRIPTION: usize = 8192;

    /// Makes a key in a keyring.
    pub(super) fn add(kind: &CStr, name: &str, key: &[u8], keyring: Serial) -> io::Result<Serial> {
        let name = CString::new(name)?;
        // SAFETY: both texts end in NUL, `key` has the given length, and all outlive the call, which only reads them.
        let serial =
            unsafe { libc::syscall(libc::SYS_add_key, kind.as_ptr(), name.as_ptr(), key.as_ptr(), key.len(), keyring) };
        Ok(result(serial)? as Serial)
    }

    /// The serial numbers of the keys in a keyring.
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

    /// An operation that fills a buffer. Returns the number of bytes filled.
    fn control(operation: u32, key: Serial, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the buffer has the given length and outlives the call, which writes no more than that.
        let length =
            unsafe { libc::syscall(libc::SYS_keyctl, operation, key, buffer.as_mut_ptr(), buffer.len(), 0_usize) };
        // The kernel returns the whole length, which may exceed the buffer's.
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
    fn a_kernel_without_the_keyring_is_reported() {
        let kernel = Kernel::new(Path::new("/nonexistent"));
        let expected =
            "the kernel has no keyring .nvme: it cannot do TLS (it needs CONFIG_NVME_TCP_TLS, from Linux 6.7 on)";
        assert_eq!(kernel.keys().unwrap_err().to_string(), expected);
        assert_eq!(kernel.add("NVMe1R01 a b c", &[0; 32]).unwrap_err().to_string(), expected);
    }
}

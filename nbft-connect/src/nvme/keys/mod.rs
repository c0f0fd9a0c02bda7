//! Secrets: their forms, where they lie, and the care that is taken of them.
//!
//! A secret is never in a log line, an error, the status or a process's arguments: its type shows nothing of it, and what is said
//! of options or by the kernel goes through [`mask`](crate::output::mask()).

mod command;
mod error;
mod fetch;
mod fetch_protocol;
#[doc(hidden)]
pub mod files;
mod identity;
mod key;
mod key_name;
pub mod keypath;
mod keyring;
mod lookup;
mod program;
mod psk;
mod redfish;
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod turns;

pub use error::{FileError, FileFault, Places, SecretError};
pub use fetch::{Fetch, Fetched};
pub use fetch_protocol::{Failure, Found};
pub use files::{complaints, open_to_others, read_text};
pub use identity::Identity;
pub use key::{Kind, MalformedKey, Secret, Secrets};
pub use key_name::Name;
pub use keyring::{Keyring, KeyringError, Serial};
pub use lookup::{Keys, credentials};
pub use psk::TlsPsk;
pub use redfish::is_at_host_interface;
pub use tls::{Tls, TlsKey};

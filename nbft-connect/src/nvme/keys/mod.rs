//! Secrets: their forms, where they lie, and the care that is taken of them.
//!
//! A secret is never in a log line, an error, the status or a process's arguments: its type shows nothing of it, and what is said
//! of options or by the kernel goes through [`mask`](crate::output::mask()).

pub mod care;
mod command;
mod fetch;
pub(crate) mod files;
mod found;
mod identity;
mod keyring;
mod names;
mod program;
mod psk;
mod redfish;
mod secret;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod tls;

pub use fetch::{Fetch, Fetched};
pub use files::{complaints, open_to_others, read_text};
pub use found::{Failure, Found};
pub use identity::Identity;
pub use keyring::{Keyring, KeyringError, Serial};
pub use names::Name;
pub use psk::TlsPsk;
pub use redfish::is_at_host_interface;
pub use secret::{Kind, MalformedKey, Secret};
pub use source::{Keys, Secrets, credentials};
pub use tls::{Tls, TlsKey};

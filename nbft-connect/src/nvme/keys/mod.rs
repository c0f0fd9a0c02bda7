//! Finds the secrets of connections, and keeps them out of everything that nbft shows.
//!
//! No log line, error, status or process argument holds a secret. The type of a secret shows no part of it, and option strings and
//! kernel messages go through [`mask`](crate::output::mask()).

mod command;
mod error;
mod fetch;
mod fetch_fault;
mod fetch_protocol;
mod file_error;
#[doc(hidden)]
pub mod files;
mod identity;
mod key;
mod key_name;
pub mod keypath;
mod keyring;
mod line_fault;
mod lookup;
mod program;
mod psk;
mod redfish;
mod redfish_fault;
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod turns;

pub use error::{Places, SecretError};
pub use fetch::{Fetch, Fetched};
pub use fetch_fault::{CommandFailed, CommandFault, Failure, FetchFault, ProgramFault, SecretSource};
pub use fetch_protocol::{Found, failed_line};
pub use file_error::{FileError, FileFault};
pub use files::{complaints, open_to_others, read_text};
pub use identity::Identity;
pub use key::{Kind, MalformedKey, Secret, Secrets};
pub use key_name::Name;
pub use keyring::{Keyring, KeyringError, Serial};
pub use line_fault::KeyFault;
pub use lookup::{Keys, credentials};
pub use psk::TlsPsk;
pub use redfish::is_at_host_interface;
pub use redfish_fault::RedfishFault;
pub use tls::{Tls, TlsKey};

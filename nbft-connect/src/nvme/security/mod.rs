//! Verifies that a connection meets the security requirements of its subsystem.

pub mod authentication;
mod channel;
mod cipher_suites;
mod requirements;
#[cfg(test)]
mod tests;
mod violation;
mod words;

pub(crate) use cipher_suites::{check_cipher_suites, suites};
pub use requirements::{Requirements, satisfies};
pub use violation::{SuitesError, Violation};
pub use words::{channel_of, profiles};

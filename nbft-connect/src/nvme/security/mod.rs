//! The security of a connection: what is required of it, how it was authenticated, and its secure channel.

pub mod authentication;
mod channel;
mod cipher_suites;

pub use channel::channel_of;
pub(crate) use cipher_suites::suites;

//! Reads files that the command line names or that other programs write: regular ones only, and never more than a limit.

pub use libnbft::files::{open_regular, read_regular, read_to_limit};

pub mod connect_conf;
pub mod plan;
pub(crate) mod request;
pub(crate) mod synthesis;
pub(crate) mod tables;
pub mod tunables;

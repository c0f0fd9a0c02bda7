//! /dev/nvme-fabrics: one write makes a controller.

#[doc(hidden)]
pub mod fuzz;
mod helper;
pub mod options;
pub(crate) mod protocol;

pub use helper::{Device, Helper};

use super::discovery::{DiscoveryConnection, DiscoveryResult};
use super::explain::Refusal;
use super::security::{Requirements, Violation};
use options::Supported;
use serde::{Deserialize, Serialize};
use std::io;

/// Path of the device.
pub const DEVICE: &str = "/dev/nvme-fabrics";

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Written {
    /// A controller.
    Controller(NewController),
    /// The kernel refused.
    Refused(Refusal),
    /// It did not meet its requirements, and was disconnected again.
    PolicyViolation(Violation),
}

/// A controller that was made and meets its requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewController {
    /// Its instance number, N of nvmeN.
    pub instance: u32,
    /// In words, how it was authenticated, if it was.
    pub authenticated: Option<String>,
    /// In words, how it is secured, if it is.
    pub secured: Option<String>,
}

/// Something that makes controllers: the device, or a stand-in for it in tests.
pub trait Fabrics {
    /// What the kernel says of the options that it knows. It may have to wait for a write of another process to end.
    fn supported(&mut self) -> impl Future<Output = io::Result<Supported>>;

    /// Writes an option string and tells what came of it. A controller that does not keep to the requirements does not stay.
    fn connect(&mut self, options: &str, requirements: &Requirements) -> impl Future<Output = io::Result<Written>>;

    /// Reads the log page of the discovery controller of an option string, or of one that is connected: `which` is as the kind
    /// has it. One that does not keep to the requirements tells nothing.
    fn discover(
        &mut self,
        kind: DiscoveryConnection,
        which: &str,
        requirements: &Requirements,
    ) -> impl Future<Output = io::Result<DiscoveryResult>>;
}

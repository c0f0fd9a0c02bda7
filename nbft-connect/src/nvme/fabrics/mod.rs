//! Makes controllers by writing to /dev/nvme-fabrics.

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
    /// The controller did not meet its requirements, and was disconnected.
    PolicyViolation(Violation),
}

/// A controller that was made and meets its requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewController {
    /// Its instance number, N of nvmeN.
    pub instance: u32,
    /// A description of its authentication, if it was authenticated.
    pub authenticated: Option<String>,
    /// A description of its TLS channel, if it has one.
    pub secured: Option<String>,
}

/// Makes controllers: the device, or a stand-in for it in tests.
pub trait Fabrics {
    /// The options that the kernel supports. This may wait until the write of another process ends.
    fn supported(&mut self) -> impl Future<Output = io::Result<Supported>>;

    /// Writes an option string. A controller that violates the requirements is disconnected.
    fn connect(&mut self, options: &str, requirements: &Requirements) -> impl Future<Output = io::Result<Written>>;

    /// Reads the log page of a discovery controller. `which` is its option string, or its name (`nvmeN`) where `connection` is
    /// [`DiscoveryConnection::Existing`]. The log page of a controller that violates the requirements is not used.
    fn discover(
        &mut self,
        connection: DiscoveryConnection,
        which: &str,
        requirements: &Requirements,
    ) -> impl Future<Output = io::Result<DiscoveryResult>>;
}

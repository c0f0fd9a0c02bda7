//! Derives the requirements for each connection and the allowed algorithms from the security profiles.

mod algorithms;
mod error;
mod policy;
mod requirements;

pub use algorithms::{CipherSuite, HashFunction, KxGroup};
pub use error::{Algorithms, Feature, PolicyError};
pub use policy::{Authentication, Need, Policy, SecureChannel};
pub(super) use requirements::Requirements;
pub use requirements::Secured;

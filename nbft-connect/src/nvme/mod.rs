//! Talks to the NVMe side of the kernel: the fabrics device, discovery controllers, keys, sysfs and uevents.

pub mod discoverd;
pub mod discovery;
pub mod exclusions;
pub mod explain;
pub mod fabrics;
pub mod hold;
pub mod icresp;
pub mod keys;
pub mod kmsg;
pub mod module;
pub mod probe;
pub mod security;
pub mod sock_diag;
pub mod sysfs;
pub mod uevent;
pub mod users;

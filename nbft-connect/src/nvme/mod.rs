//! The NVMe side of the kernel: the fabrics device, its options, discovery, and what sysfs and uevents say of controllers.

pub mod discovery;
pub mod explain;
pub mod fabrics;
pub mod icresp;
pub mod keys;
pub mod kmsg;
pub mod module;
pub mod probe;
pub mod security;
pub mod sock_diag;
pub mod sysfs;
pub mod uevent;

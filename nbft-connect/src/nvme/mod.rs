//! The NVMe side of the kernel: the fabrics device, its options, discovery, and what sysfs and uevents say of controllers.

pub mod authentication;
pub mod discovery;
pub mod fabrics;
pub(crate) mod icresp;
pub mod keys;
pub mod kmsg;
pub mod module;
pub mod options;
pub mod probe;
pub(crate) mod protocol;
pub mod reason;
pub mod sysfs;
pub mod tls_sockets;
pub mod uevent;

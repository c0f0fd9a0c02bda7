//! The NVMe side of the kernel: the fabrics device, its options, and what sysfs and uevents say of controllers.

pub mod fabrics;
pub mod kmsg;
pub mod module;
pub mod options;
pub mod probe;
pub mod reason;
pub mod sysfs;
pub mod uevent;

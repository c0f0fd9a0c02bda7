//! What the virtual machines start from: archives and disks, each kept under a name made of what it was made of.

pub mod busybox;
mod debian;
pub mod disk;
pub mod initrd;
pub mod layers;
pub mod modules;
mod root;
pub mod shared;
pub mod storage;
pub mod target;
pub mod tls;

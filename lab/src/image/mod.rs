//! Makes what the virtual machines start from: archives and disks, each cached under a hash of its ingredients.

pub mod busybox;
pub mod constants;
pub mod cpio;
mod debian;
pub mod disk;
pub mod exports;
pub mod extra;
mod initramfs_tools;
pub mod initrd;
pub mod kernel_modules;
mod kexec;
pub mod layers;
pub mod mkosi;
mod packages;
mod preflight;
mod root;
pub mod storage;
pub mod target;
pub mod tls;
pub mod tpm;

//! Root disks on LVM and LUKS, made inside a virtual machine.

use crate::error::{Error, Result};
use crate::place::Place;
use std::path::PathBuf;

/// Makes the disk.
pub fn disk(_place: &Place, _luks: bool) -> Result<PathBuf> {
    Err(Error::Machine("not yet".into()))
}

//! Tells other programs which links are up, and which DNS servers and names to use: in the initramfs, and later in the running system.

use crate::dhcp_options::ClientOptions;
use crate::export::names::Names;
use crate::export::view::{self, Nic};
use crate::initramfs;
use crate::output::replace::{PUBLIC, replace};
use crate::status::schema::Status;
use libnbft::plan::Plan;
use std::fs;
use std::io;
use std::path::Path;

/// Holds a file for each link that is up. The dracut module's hook then starts what waits for a network.
const ONLINE: &str = "run/nbft/online";
const RESOLV_CONF: &str = "run/nbft/resolv.conf";
const HOST_NAME: &str = "run/nbft/hostname";

/// Writes the files in the initramfs. In the running system it only updates existing ones. A failure does not fail the boot.
pub fn tell(plan: &Plan, status: &Status, root: &Path) {
    let initramfs = initramfs::is_at(root);
    if initramfs || root.join(RESOLV_CONF).exists() {
        let nics = view::nics(plan, Some(status), root, &ClientOptions::default());
        if let Err(error) = write(&nics, root, initramfs) {
            log::warn!("names and servers are not told to other programs: {error}");
        }
    }
}

fn write(nics: &[Nic], root: &Path, initramfs: bool) -> io::Result<()> {
    let names = Names::of(nics);
    if let Some(text) = names.resolv_conf() {
        update(&root.join(RESOLV_CONF), &text)?;
        if initramfs {
            link_resolv_conf(root)?;
        }
    }
    if !initramfs {
        return Ok(());
    }
    if let Some(name) = &names.host_name {
        update(&root.join(HOST_NAME), &format!("{name}\n"))?;
    }
    // Last: a program that sees a link up may resolve names.
    for link in nics.iter().flat_map(|nic| &nic.links).filter(|link| link.is_up) {
        update(&root.join(ONLINE).join(&link.name), "")?;
    }
    Ok(())
}

fn update(file: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(file).is_ok_and(|now| now == text) {
        return Ok(());
    }
    replace(file, text.as_bytes(), PUBLIC)
}

/// Makes the initramfs' /etc/resolv.conf a link to nbft's, unless another program has put something there.
fn link_resolv_conf(root: &Path) -> io::Result<()> {
    let file = root.join("etc/resolv.conf");
    match fs::symlink_metadata(&file) {
        Ok(found) if found.is_file() && found.len() == 0 => fs::remove_file(&file)?,
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    std::os::unix::fs::symlink(Path::new("..").join(RESOLV_CONF), file)
}

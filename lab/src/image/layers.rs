//! Puts files over a Debian folder or into a root disk: the binary under test and its libraries.

use crate::prepare::need;
use crate::tools::error::{At, MachineError, Result};
use crate::tools::place::Place;
use crate::tools::shell::run;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Builds `nbft` as it is shipped, and returns its path.
pub fn nbft(place: &Place) -> Result<PathBuf> {
    static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut built = BUILT.lock().map_err(|_| MachineError::BuildPanicked)?;
    if let Some(path) = &*built {
        return Ok(path.clone());
    }
    Ok(built.insert(build(place)?).clone())
}

fn build(place: &Place) -> Result<PathBuf> {
    let out = run(place.repo.join("contrib/build-release")).args(["--quiet", "--message-format=json"]).text()?;
    let path = out
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .find(|path| path.file_name().is_some_and(|name| name == "nbft"));
    Ok(path.ok_or(MachineError::NotBuilt)?)
}

/// The path of nbft-redfish, which fetches secrets by Redfish, beside `nbft`.
pub fn redfish(nbft: &Path) -> PathBuf {
    nbft.with_file_name("nbft-redfish")
}

/// Writes a file and the directories above it.
pub fn put(root: &Path, name: &str, mode: u32, data: &[u8]) -> Result<()> {
    let path = root.join(name.trim_start_matches('/'));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).at(parent)?;
    }
    fs::write(&path, data).at(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).at(&path)
}

/// Copies a file and makes the directories above it.
pub fn copy(root: &Path, name: &str, from: &Path) -> Result<()> {
    let mode = fs::metadata(from).at(from)?.permissions().mode() & 0o7777;
    put(root, name, mode, &fs::read(from).at(from)?)
}

/// Copies a program and the shared libraries that it is linked with.
pub fn program(root: &Path, name: &str, from: &Path) -> Result<()> {
    copy(root, name, from)?;
    for library in libraries(from) {
        copy(root, &library, Path::new(&library))?;
    }
    Ok(())
}

/// The libraries that a program is linked with, by the names under which its loader looks for them; none for a static program.
pub fn libraries(program: &Path) -> Vec<String> {
    let listed = run("ldd").arg(program).text().unwrap_or_default();
    listed.split_whitespace().filter(|word| word.starts_with('/')).map(str::to_owned).collect()
}

/// Makes an ext4 file system with a folder's contents; needs neither root nor a mount.
pub fn ext4(tree: &Path, image: &Path, uuid: &str, size: &str) -> Result<()> {
    run(need("mke2fs")?)
        .args(["-q", "-t", "ext4", "-U", uuid, "-L", "labroot", "-E", "root_owner=0:0", "-d"])
        .arg(tree)
        .arg(image)
        .arg(size)
        .output()?;
    Ok(())
}

//! Locates the directories (the repository, the cache, the runs), and makes each cached file once.

use crate::tools::error::{At, Error, Result};
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The directories of the bench.
#[derive(Debug, Clone)]
pub struct Place {
    /// The repository.
    pub repo: PathBuf,
    /// Files that are made once and kept: packages, chroots, kernels, images.
    pub cache: PathBuf,
    /// One directory for each run of a scenario, with its logs.
    pub runs: PathBuf,
}

impl Place {
    /// Locates the directories by the environment: `NBFT_LAB_DIR`, or `target/lab` in the repository.
    ///
    /// # Errors
    ///
    /// When the directories cannot be made.
    pub fn find() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repo = manifest.parent().unwrap_or(manifest).to_path_buf();
        let lab = std::env::var_os("NBFT_LAB_DIR").map_or_else(|| repo.join("target/lab"), PathBuf::from);
        let lab = std::path::absolute(&lab).at(&lab)?;
        let place = Self { repo, cache: lab.join("cache"), runs: lab.join("runs") };
        let images = place.cache.join("images");
        for dir in [&images, &place.runs] {
            fs::create_dir_all(dir).at(dir)?;
            prune(dir)?;
        }
        Ok(place)
    }

    /// A file of a table of real firmware, by the table's name.
    pub fn firmware(&self, name: &str, ending: &str) -> PathBuf {
        self.repo.join(format!("testdata/firmware/{name}.{ending}"))
    }

    /// A path of the cache that `make` fills once.
    ///
    /// `make` gets a temporary path beside the final one, and the result is then renamed, so a partial artefact is never used. A lock
    /// lets several runs share the cache.
    ///
    /// # Errors
    ///
    /// The errors of `make`, and of the file system.
    pub fn cached(&self, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let path = self.cache.join(name);
        if path.exists() {
            // Marks the file as used, for `prune`. If this fails, the only cost is a rebuild.
            let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
            return Ok(path);
        }
        let parent = path.parent().unwrap_or(&self.cache);
        fs::create_dir_all(parent).at(parent)?;
        let _lock = lock(&suffixed(&path, ".lock"))?;
        if path.exists() {
            return Ok(path);
        }
        let partial = suffixed(&path, ".part");
        remove(&partial)?;
        make(&partial)?;
        fs::rename(&partial, &path).at(&path)?;
        Ok(path)
    }
}

/// How long an unused image or a run's log is kept.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Removes files that have not been used for long: each build of `nbft` makes new images.
fn prune(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir).at(dir)? {
        let entry = entry.at(dir)?;
        let modified = entry.metadata().and_then(|meta| meta.modified());
        if modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > KEPT)) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Holds an exclusive lock on a file as long as the value lives.
pub fn lock(path: &Path) -> Result<Flock<File>> {
    let file = File::create(path).at(path)?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, errno)| Error::File { path: path.into(), source: errno.into() })
}

/// Removes a file or a whole directory; a missing one is no error.
pub fn remove(path: &Path) -> Result<()> {
    let result = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    result.at(path)
}

/// `path` with `suffix` after its last component.
pub fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Hashes parts with FNV-1a, and separates the parts. Artefacts are named by the hash of their ingredients.
#[derive(Debug, Clone)]
pub struct Key(u64);

impl Default for Key {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Key {
    /// A key without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        for byte in bytes.iter().copied().chain((bytes.len() as u64).to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds a file's contents.
    pub fn file(self, path: &Path) -> Result<Self> {
        Ok(self.bytes(&fs::read(path).at(path)?))
    }

    /// Adds the names and contents of all files under a directory.
    pub fn tree(self, dir: &Path) -> Result<Self> {
        let mut entries: Vec<_> = fs::read_dir(dir).at(dir)?.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
        entries.sort();
        entries.iter().try_fold(self, |key, path| {
            let key = key.text(&path.strip_prefix(dir).unwrap_or(path).to_string_lossy());
            if path.is_dir() { key.tree(path) } else { key.file(path) }
        })
    }

    /// The key as hexadecimal digits.
    pub fn hex(&self) -> String {
        format!("{:016x}", self.0)
    }
}

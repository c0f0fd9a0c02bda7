//! Finds and reads table files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The directory in which Linux shows the ACPI tables.
pub const DEFAULT_PATH: &str = "/sys/firmware/acpi/tables";

/// The largest file that is read as a table, in bytes. The largest legal lists take 65 KiB, so this leaves room for any heap.
pub const MAX_SIZE: u64 = 4 << 20;

/// A table's file, found but not read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableFile {
    /// The file's name, without its directory: `NBFT`, `NBFT1`.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
}

/// Why a table's file could not be found or read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the file has more than {MAX_SIZE} bytes and is no table")]
    Large,
}

impl FileError {
    fn new(path: &Path, problem: impl Into<Problem>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }

    /// The file or directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the caller may not read it: Linux shows ACPI tables to root only.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        matches!(&self.problem, Problem::Io(error) if error.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Whether there is no such file or directory.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(&self.problem, Problem::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Finds the tables at `path`: the file itself, under any name, or the tables of the directory.
///
/// In a directory, tables are called `NBFT`, `NBFT1`, `NBFT2` and so on. The list has the order of their numbers. `find`
/// ignores other names, such as `NBFT.json`. A directory without a table gives an empty list.
///
/// # Errors
///
/// Nothing exists at `path`, or the directory cannot be read.
pub fn find(path: &Path) -> Result<Vec<TableFile>, FileError> {
    let named = |name: &str| number(name).map(|number| (number, String::new()));
    find_by(path, named)
}

/// Like [`find`], but takes every file of a directory whose name begins with `NBFT`, as other programs do. Numbered tables
/// come first. The others follow in the order of their names, and numbers in names sort by value.
///
/// # Errors
///
/// As [`find`].
pub fn find_any(path: &Path) -> Result<Vec<TableFile>, FileError> {
    let named = |name: &str| match number(name) {
        Some(number) => Some((number, String::new())),
        None => name.strip_prefix("NBFT").map(|rest| (u32::MAX, natural(rest))),
    };
    let files = find_by(path, named)?;
    // A directory with such a name is no table. Any other unreadable file must cause an error later.
    Ok(files.into_iter().filter(|file| !file.path.is_dir()).collect())
}

/// A sort key: numbers in the text sort by value, because each is preceded by its length.
fn natural(text: &str) -> String {
    let mut key = String::new();
    for run in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        let number = digits.trim_start_matches('0');
        if !digits.is_empty() {
            // Padding to three digits suffices: a file name has at most 255 bytes.
            key.push_str(&format!("0{:03}", number.len()));
        }
        key.push_str(number);
        key.push_str(&run[digits.len()..]);
    }
    key.push('\0');
    key.push_str(text);
    key
}

/// The files for which `key` gives a sort key, in its order.
fn find_by<K: Ord>(path: &Path, key: impl Fn(&str) -> Option<K>) -> Result<Vec<TableFile>, FileError> {
    let error = |error: io::Error| FileError::new(path, error);
    if !std::fs::metadata(path).map_err(error)?.is_dir() {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        return Ok(vec![TableFile { name, path: path.into() }]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(error)? {
        let file_name = entry.map_err(error)?.file_name();
        if let Some((name, key)) = file_name.to_str().and_then(|name| Some((name, key(name)?))) {
            found.push((key, TableFile { name: name.into(), path: path.join(name) }));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found.into_iter().map(|(_, file)| file).collect())
}

/// The number in a table's name: 0 for `NBFT`, 1 for `NBFT1`; `None` for other names.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("NBFT")?;
    if digits.is_empty() {
        return Some(0);
    }
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

impl TableFile {
    /// Reads the file's bytes.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or read, is no regular file, or has more than [`MAX_SIZE`] bytes.
    pub fn read(&self) -> Result<Vec<u8>, FileError> {
        read_regular(&self.path, MAX_SIZE).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => FileError::new(&self.path, Problem::Large),
            _ => FileError::new(&self.path, error),
        })
    }
}

/// Opens a regular file for reading and follows symbolic links. It never blocks, unlike a plain open of a device or of a pipe
/// without a writer.
///
/// # Errors
///
/// The system's error; [`io::ErrorKind::InvalidInput`] for a pipe, a socket or a device.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path)?;
    let file_type = file.metadata()?.file_type();
    if file_type.is_dir() {
        #[cfg(unix)]
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    if file_type.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
    }
}

/// Reads a regular file of at most `limit` bytes. It stops reading a larger one at the limit.
///
/// # Errors
///
/// As [`open_regular`]; [`io::ErrorKind::FileTooLarge`] if there are more bytes.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path)?;
    // The size is a hint only: a file of /proc has none.
    let hint = file.metadata().map_or(0, |metadata| metadata.len().min(limit));
    let mut bytes = Vec::with_capacity(usize::try_from(hint).unwrap_or(0));
    read_to_limit(file, limit, &mut bytes)?;
    Ok(bytes)
}

/// Appends everything in `reader` to `bytes`, at most `limit` bytes.
///
/// # Errors
///
/// The reader's error; [`io::ErrorKind::FileTooLarge`] if there are more bytes.
pub fn read_to_limit(reader: impl io::Read, limit: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.take(limit.saturating_add(1)).read_to_end(bytes)?;
    if read as u64 > limit {
        let error = format!("it has more than {limit} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, error));
    }
    Ok(())
}

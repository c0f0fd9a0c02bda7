//! Finding and reading table files.

use libnbft::files::{MAX_SIZE, find, find_any, read_regular, read_to_limit};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that is gone when the test is over.
struct Folder(PathBuf, #[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir);

impl Folder {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        Self(folder.path().to_owned(), folder)
    }

    fn with(self, files: &[&str]) -> Self {
        for name in files {
            fs::write(self.0.join(name), name).expect("a file can be written");
        }
        self
    }

    fn names(&self) -> Vec<String> {
        find(&self.0).expect("the folder can be listed").into_iter().map(|file| file.name).collect()
    }
}

#[test]
fn tables_come_in_the_order_of_their_numbers() {
    let folder = Folder::new().with(&["NBFT10", "NBFT2", "NBFT1", "NBFT9"]);
    assert_eq!(folder.names(), ["NBFT1", "NBFT2", "NBFT9", "NBFT10"]);
    let with_plain = folder.with(&["NBFT"]);
    assert_eq!(with_plain.names(), ["NBFT", "NBFT1", "NBFT2", "NBFT9", "NBFT10"]);
    let first = &find(&with_plain.0).expect("it can be listed")[1];
    assert_eq!(
        (first.read().expect("it can be read"), first.path.clone()),
        (b"NBFT1".to_vec(), with_plain.0.join("NBFT1"))
    );
}

#[test]
fn other_files_are_no_tables() {
    let names = [
        "NBFT.json",
        "NBFT01",
        "NBFT0",
        "NBFT-rhpoc",
        "nbft",
        "XNBFT",
        "NBFT1.bak",
        "NBFT+1",
        "FACP",
        "NBFT99999999999",
    ];
    assert_eq!(Folder::new().with(&names).names(), [""; 0]);
}

#[test]
fn whatever_begins_with_nbft_is_found_when_asked_for() {
    let names =
        ["NBFT-rhpoc", "NBFT2", "NBFT-v10", "NBFT.json", "NBFT-v9", "NBFT-v09", "XNBFT", "NBFT", "nbft", "NBFT01"];
    let folder = Folder::new().with(&names);
    fs::create_dir(folder.0.join("NBFTs")).expect("it can be made");
    let found: Vec<_> = find_any(&folder.0).expect("it can be listed").into_iter().map(|file| file.name).collect();
    let expected = ["NBFT", "NBFT2", "NBFT-rhpoc", "NBFT-v09", "NBFT-v9", "NBFT-v10", "NBFT.json", "NBFT01"];
    assert_eq!(found, expected);
}

#[test]
fn a_file_is_a_table_whatever_its_name() {
    let folder = Folder::new().with(&["table.bin"]);
    let path = folder.0.join("table.bin");
    let files = find(&path).expect("it is there");
    assert_eq!((files.len(), files[0].name.as_str(), &files[0].path), (1, "table.bin", &path));
    assert_eq!(files[0].read().expect("it can be read"), b"table.bin");
}

#[test]
fn what_is_not_there_or_too_large_is_an_error_with_its_path() {
    let folder = Folder::new().with(&["NBFT"]);
    let missing = folder.0.join("missing");
    let error = find(&missing).expect_err("it is not there");
    assert!(error.is_not_found() && error.path() == missing, "{error}");
    assert_eq!(error.to_string(), format!("{}: No such file or directory (os error 2)", missing.display()));

    let table = folder.0.join("NBFT");
    let file = find(&table).expect("it is there").remove(0);
    let set_size =
        |size| fs::File::options().write(true).open(&table).and_then(|file| file.set_len(size)).expect("it can grow");
    set_size(MAX_SIZE);
    assert_eq!(file.read().expect("it can be read").len() as u64, MAX_SIZE);
    set_size(MAX_SIZE + 1);
    let error = file.read().expect_err("it is too large");
    assert!(!error.is_not_found());
    let expected = format!("{}: the file has more than 4194304 bytes and is no table", table.display());
    assert_eq!(error.to_string(), expected);
    fs::remove_file(&table).expect("it can be removed");
    assert!(file.read().expect_err("it is gone").is_not_found());
}

/// What is read of `path` as a table named by hand; a test that waits for ever on a pipe would be the failure.
fn refusal(path: &Path) -> String {
    let file = find(path).expect("it is there").remove(0);
    file.read().expect_err("it is no table").to_string()
}

#[test]
fn pipes_and_devices_are_not_read() {
    let folder = Folder::new();
    let pipe = folder.0.join("NBFT");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo can be run").success());
    assert_eq!(refusal(&pipe), format!("{}: it is no regular file", pipe.display()));
    assert_eq!(refusal(Path::new("/dev/zero")), "/dev/zero: it is no regular file");
    let error = read_regular(&folder.0, MAX_SIZE).expect_err("it is a directory");
    assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
}

#[test]
fn no_more_than_the_limit_is_read() {
    let folder = Folder::new().with(&["12345"]);
    let path = folder.0.join("12345");
    assert_eq!(read_regular(&path, 5).expect("it fits"), b"12345");
    let error = read_regular(&path, 4).expect_err("it is longer");
    assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::FileTooLarge, "it has more than 4 bytes"));
    let mut bytes = Vec::new();
    let error = read_to_limit(io::repeat(0), 1000, &mut bytes).expect_err("it has no end");
    assert_eq!((error.kind(), bytes.len()), (io::ErrorKind::FileTooLarge, 1001));
}

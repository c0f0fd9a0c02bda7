//! Running `nbft`, tables of real firmware, and tables made for a test.

use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What a run of `nbft` came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("text on standard output")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).expect("JSON on standard output")
    }
}

pub(crate) fn nbft(args: &[&str]) -> Run {
    nbft_with(args, b"")
}

/// Runs `nbft` with `stdin` as its standard input, without a terminal and without a journal.
pub(crate) fn nbft_with(args: &[&str], stdin: &[u8]) -> Run {
    let mut child = start(args, Stdio::piped());
    // A command that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    ended(child)
}

/// Runs `nbft` with a file as its standard input.
pub(crate) fn nbft_from(args: &[&str], stdin: File) -> Run {
    ended(start(args, stdin.into()))
}

fn start(args: &[&str], stdin: Stdio) -> Child {
    Command::new(env!("CARGO_BIN_EXE_nbft"))
        .args(args)
        .env_remove("JOURNAL_STREAM")
        .env("COLUMNS", "1000")
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().expect("an exit code"),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory that is removed at the end of the test.
pub(crate) struct Dir(TempDir);

impl Dir {
    /// One that no other has, also where tests of one process call it the same.
    pub(crate) fn new(test: &str) -> Self {
        Self(tempfile::Builder::new().prefix(&format!("nbft-tables-{test}-")).tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Replaces the directory's path, which differs from run to run.
    pub(crate) fn neutral(&self, text: &str) -> String {
        text.replace(self.path(), "DIR")
    }
}

pub(crate) fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// A table made by `nbft build` from the JSON of this name in `tests/tables/json`.
pub(crate) fn built(name: &str, options: &[&str]) -> Vec<u8> {
    let file = here(&format!("tests/tables/json/{name}.json"));
    let run = nbft(&[&["build", file.to_str().unwrap()], options].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
    run.stdout
}

/// The tables that firmware wrote in our lab, each with nvme-cli's JSON for it.
pub(crate) fn firmware() -> Vec<(PathBuf, Value)> {
    let found = with_json(&here("../testdata/firmware"));
    assert_eq!(found.len(), 6, "testdata/firmware holds the tables that its README lists");
    found
}

/// The folder of public tables that `NBFT_CORPUS` names. Tests that read them are ignored unless somebody asks for them, and then it
/// must be there.
pub(crate) fn public_folder(folder: &str) -> PathBuf {
    let corpus = std::env::var_os("NBFT_CORPUS").expect("NBFT_CORPUS names the folder of the public tables");
    Path::new(&corpus).join(folder)
}

/// The usable public tables, each with nvme-cli's JSON for it.
pub(crate) fn public() -> Vec<(PathBuf, Value)> {
    let folder = public_folder("tables");
    let found = with_json(&folder);
    assert!(!found.is_empty(), "NBFT_CORPUS: no table with its JSON in {}", folder.display());
    found
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn with_json(folder: &Path) -> Vec<(PathBuf, Value)> {
    let jsons = files(folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json"));
    let table = |json: PathBuf| {
        let table = json.with_extension("");
        let table = if table.exists() { table } else { json.with_extension("bin") };
        (table, serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap())
    };
    jsons.map(table).collect()
}

/// Every table of `testdata/`: our writer's, each with what is strange about it, and those of firmware.
pub(crate) fn testdata() -> Vec<PathBuf> {
    let folders = files(&here("../testdata")).into_iter().filter(|path| path.is_dir());
    let mut found: Vec<_> = folders.flat_map(|folder| files(&folder)).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "nbft" || extension == "bin"));
    assert!(found.len() > 50, "testdata has {} tables only", found.len());
    found
}

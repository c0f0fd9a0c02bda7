//! `nbft status --watch` beside a run that writes its status.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

use nbft_connect::status::schema::{Outcome, Status};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The longest wait for a line.
const LIMIT: Duration = Duration::from_secs(60);

/// It ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn nbft(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nbft"));
    command.arg("status").args(words).arg("--root").arg(root).env_remove("JOURNAL_STREAM").env("COLUMNS", "80");
    command
}

fn write(root: &Path, outcome: Outcome, message: &str) {
    let status =
        Status { version: 1, written_by: "nbft".into(), outcome, message: message.into(), ..Status::default() };
    status.write(&root.join("run/nbft/status.json")).unwrap();
}

/// Waits for a line that begins so; gives what came before it.
fn until(lines: &Receiver<String>, wanted: &str) -> Vec<String> {
    let mut before = Vec::new();
    loop {
        let line = lines.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("{error} after {before:?}"));
        if line.starts_with(wanted) {
            return before;
        }
        before.push(line);
    }
}

#[test]
fn what_has_changed_is_printed_and_ctrl_c_is_no_failure() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let mut command = nbft(root, &["--watch"]);
    let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let (sender, lines) = channel();
    let stdout = BufReader::new(running.0.stdout.take().unwrap());
    std::thread::spawn(move || stdout.lines().try_for_each(|line| sender.send(line.unwrap())));

    assert_eq!(until(&lines, &format!("{}/run", root.display())), Vec::<String>::new(), "there is no file yet");
    write(root, Outcome::Running, "first");
    assert_eq!(until(&lines, "running: first"), [""]);
    assert_eq!(until(&lines, "Written by nbft"), Vec::<String>::new());
    write(root, Outcome::Failed, "second");
    assert_eq!(until(&lines, "failed: second"), [""], "printed again, with nothing in between");
    until(&lines, "Written by nbft");

    nix::sys::signal::kill(nix::unistd::Pid::from_raw(running.0.id() as i32), nix::sys::signal::SIGINT).unwrap();
    let status = running.0.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{status}");
    assert_eq!(lines.recv_timeout(LIMIT).ok(), None, "nothing more");
    let stderr: Vec<_> = BufReader::new(running.0.stderr.take().unwrap()).lines().map(Result::unwrap).collect();
    assert_eq!(stderr, Vec::<String>::new());
}

#[test]
fn programs_are_not_told_again_and_again() {
    let directory = tempfile::tempdir().unwrap();
    for words in [&["--watch", "-o", "json"][..], &["--watch=0"], &["--watch", "5"]] {
        let output = nbft(directory.path(), words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
    }
}

//! Runs the administrator's key-command, which prints keys.
//!
//! It has a fixed path, so neither a table nor the kernel's command line chooses the program. It runs beside everything else, for one
//! key at a time.

use super::fetch_fault::{CommandFailed, CommandFault, Failure, FetchFault};
use super::files::{MAX_FILE, RULE, absent, judge, read_text};
use super::key::Secret;
use super::key_name::Name;
use super::program::{self, Ended, Ending};
use crate::output::{cut, mask};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;
use zeroize::Zeroizing;

/// The path of the program.
pub(super) const PROGRAM: &str = "etc/nbft/key-command";

/// Its time limit.
const LIMIT: Duration = Duration::from_secs(10);

/// Lines of its standard error that are logged.
const MAX_LINES: usize = 20;
/// Bytes of each of these lines.
const MAX_LINE: usize = 200;

/// `PATH`, its only environment variable.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs `program NAME HOSTNQN SUBSYSNQN` and returns the key that it prints; `None` if it does not exist or prints nothing. Its
/// standard error is logged.
///
/// # Errors
///
/// Why it is not run, how it failed, or why its output is not a key of this kind. Only a timeout is temporary.
pub(super) async fn fetch(
    program: &Path,
    name: Name,
    hostnqn: &str,
    subsysnqn: &str,
) -> Result<Option<Secret>, Failure> {
    fetch_within(LIMIT, program, name, &[name.text(), hostnqn, subsysnqn]).await
}

async fn fetch_within(
    limit: Duration,
    program: &Path,
    name: Name,
    arguments: &[&str],
) -> Result<Option<Secret>, Failure> {
    let file = program.to_path_buf();
    let command_failed = move |fault| FetchFault::Command(CommandFailed { program: file.clone(), name, fault });
    let failed = {
        let command_failed = command_failed.clone();
        move |fault| Failure::good(command_failed(fault))
    };
    let refused = {
        let failed = failed.clone();
        move |error: io::Error| failed(CommandFault::System(error.into()))
    };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", SEARCH_PATH).current_dir("/");
    let (file, of_check) = (program.to_path_buf(), refused.clone());
    let check = move || check(&file, of_check);
    let run = program::run(command, MAX_FILE, Ending::Kill, check, |error| Some(refused(error)));
    let ended = match tokio::time::timeout(limit, run).await {
        Err(_) => {
            let seconds = limit.as_secs();
            return Err(Failure::now(command_failed(CommandFault::Slow { seconds })));
        }
        // It does not exist.
        Ok(Err(None)) => return Ok(None),
        Ok(Err(Some(failure))) => return Err(failure),
        Ok(Ok(ended)) => ended,
    };
    log_stderr(name, &ended);
    let text = read_text(ended.output.as_slice()).map_err(&refused)?;
    if !ended.status.success() {
        return Err(failed(CommandFault::Ended(ended.status)));
    }
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let secret = Secret::parse(&text).map_err(|error| failed(CommandFault::Malformed(error)))?;
    match secret.kind() == name.kind() {
        true => Ok(Some(secret)),
        false => Err(failed(CommandFault::OtherKind { is: secret.to_string() })),
    }
}

/// Checks that the program may be run; the error is `None` if it does not exist.
fn check(program: &Path, failed: impl Fn(io::Error) -> Failure) -> Result<(), Option<Failure>> {
    let metadata = match program.metadata() {
        Ok(metadata) => metadata,
        Err(error) if absent(&error) => return Err(None),
        Err(error) => return Err(Some(failed(error))),
    };
    if let Some(directory) = program.parent() {
        let metadata = directory.metadata().map_err(|error| Some(failed(error)))?;
        judge(directory, &metadata, RULE).map_err(|why| Some(Failure::good(FetchFault::File(why))))?;
    }
    judge(program, &metadata, RULE).map_err(|why| Some(Failure::good(FetchFault::File(why))))
}

/// Logs the standard error of the program, without its output.
fn log_stderr(name: Name, ended: &Ended) {
    for line in stderr_lines(ended) {
        log::warn!("key-command {}: {line}", name.text());
    }
}

/// The lines of standard error, without secrets.
fn stderr_lines(ended: &Ended) -> Vec<String> {
    let printed = String::from_utf8_lossy(&ended.output);
    let printed = Zeroizing::new(printed.into_owned());
    let hide = |line: &str| match printed.trim() {
        "" => line.to_owned(),
        printed => line.replace(printed, "***"),
    };
    let lines = ended.stderr.lines().filter(|line| !line.trim().is_empty());
    lines.take(MAX_LINES).map(|line| cut(&mask(&hide(line)), MAX_LINE).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use tempfile::TempDir;

    const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";

    /// A key-command in a directory of its own.
    struct Program {
        path: PathBuf,
        _directory: TempDir,
    }

    impl Program {
        fn new(script: &str) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let program = Self { path: directory.path().join("key-command"), _directory: directory };
            fs::write(&program.path, format!("#!/bin/sh\n{script}\n")).unwrap();
            program.mode(0o755);
            program
        }

        fn mode(&self, mode: u32) {
            fs::set_permissions(&self.path, fs::Permissions::from_mode(mode)).unwrap();
        }

        /// Its result, without its path.
        fn fetch(&self) -> Result<Option<String>, String> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let fetched = fetch_within(Duration::from_secs(2), &self.path, Name::TlsPsk, &["tls-psk", "h h", "s"]);
            let fetched = runtime.block_on(fetched).map(|secret| secret.map(|secret| secret.expose().to_owned()));
            fetched.map_err(|error| error.to_string().replace(self.path.to_str().unwrap(), "PROGRAM"))
        }
    }

    #[test]
    fn it_gets_its_arguments_and_nothing_else() {
        let script = format!(
            "[ \"$1,$2,$3,$#\" = 'tls-psk,h h,s,3' ] && [ -z \"$HOME$CARGO_PKG_NAME\" ] && [ \"$PWD\" = / ] || exit 3\n\
             cat; echo '{PSK}'"
        );
        assert_eq!(Program::new(&script).fetch(), Ok(Some(PSK.into())));
        assert_eq!(Program::new("true").fetch(), Ok(None));
        let gone = Program::new("true");
        fs::remove_file(&gone.path).unwrap();
        assert_eq!(gone.fetch(), Ok(None));
    }

    #[test]
    fn each_failure_has_its_message() {
        let cases = [
            ("echo 'DHHC-1:'; exit 7", "PROGRAM tls-psk: exit status: 7"),
            ("echo secret", "PROGRAM tls-psk: its output is not a key: it begins neither with"),
            ("exec yes", "PROGRAM tls-psk: it is longer than any key"),
            ("exec sleep 60", "PROGRAM tls-psk: it takes longer than 2 s"),
            ("exec >&-; exec sleep 60", "PROGRAM tls-psk: it takes longer than 2 s"),
            (
                "echo DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:",
                "PROGRAM tls-psk: it prints a DH-HMAC-CHAP secret of 32 bytes, used as it is, which is the wrong kind",
            ),
        ];
        for (script, expected) in cases {
            let said = Program::new(script).fetch().unwrap_err();
            assert!(said.starts_with(expected), "{said}");
        }
        let open = Program::new("true");
        open.mode(0o775);
        let said = "PROGRAM: others than root can write to it (mode 0775), so it is not used; chmod 0755";
        assert_eq!(open.fetch(), Err(said.into()));
        open.mode(0o600);
        assert_eq!(open.fetch(), Err("PROGRAM tls-psk: Permission denied (os error 13)".into()));
    }

    #[test]
    fn its_children_delay_nobody_and_a_hanging_program_is_killed_with_them() {
        let start = std::time::Instant::now();
        // Its child keeps standard error open.
        let program = Program::new(&format!("sleep 30 >&- & echo '{PSK}'"));
        assert_eq!(program.fetch(), Ok(Some(PSK.into())));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        // More on standard error than a pipe holds.
        let script = format!("head -c 200000 /dev/zero | tr '\\0' x >&2; echo '{PSK}'");
        assert_eq!(Program::new(&script).fetch(), Ok(Some(PSK.into())));
        let hanging = Program::new("sh -c 'echo $$ > \"$0.pid\"; exec sleep 60' \"$0\"");
        assert!(hanging.fetch().unwrap_err().ends_with("it takes longer than 2 s"));
        let pid = fs::read_to_string(hanging.path.with_extension("pid")).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }

    #[test]
    fn logged_lines_are_short_and_hold_no_key() {
        let stderr = format!("+ echo {PSK}\n\nit is {}\nhex: 00ff00ff\n{}\n", PSK, "x\n".repeat(100));
        let ended = |output: &str, stderr: &str| Ended {
            status: Default::default(),
            output: Zeroizing::new(output.into()),
            stderr: stderr.into(),
        };
        let lines = stderr_lines(&ended("00ff00ff\n", &stderr));
        assert_eq!(lines[..3], ["+ echo ***", "it is ***", "hex: ***"]);
        assert_eq!(lines.len(), MAX_LINES);
        assert_eq!(stderr_lines(&ended("", &"y".repeat(300)))[0], format!("{} [...]", "y".repeat(MAX_LINE)));
    }
}

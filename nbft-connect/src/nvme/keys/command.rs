//! A program of the administrator's that gives keys: the last place that is asked.
//!
//! It has a fixed path, so that neither a table nor the kernel's command line can say what is run. It is run beside everything else,
//! for one key after the other.

use super::fetch_protocol::Failure;
use super::files::{MAX_FILE, RULE, absent, judge, read_text};
use super::key::Secret;
use super::key_name::Name;
use super::program::{self, Ended, Ending};
use crate::output::{cut, mask};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;
use zeroize::Zeroizing;

/// The program.
pub(super) const PROGRAM: &str = "etc/nbft/key-command";

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Lines of its complaints that are logged, and bytes of each.
const MAX_LINES: usize = 20;
const MAX_LINE: usize = 200;

/// All of the environment that it gets.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs `program NAME HOSTNQN SUBSYSNQN` for a key of this name, and takes what it prints; `None` where there is no such
/// program, or it prints nothing. What it complains of is logged.
///
/// # Errors
///
/// Why it is not run, how it failed, or why what it prints is no key of this kind: for now only where it was too slow.
pub(super) async fn ask(program: &Path, name: Name, hostnqn: &str, subsysnqn: &str) -> Result<Option<Secret>, Failure> {
    ask_within(LIMIT, program, name, &[name.text(), hostnqn, subsysnqn]).await
}

async fn ask_within(
    limit: Duration,
    program: &Path,
    name: Name,
    arguments: &[&str],
) -> Result<Option<Secret>, Failure> {
    let file = program.to_path_buf();
    let said = move |what: &dyn fmt::Display| Failure::good(format_args!("{} {}: {what}", file.display(), name.text()));
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", SEARCH_PATH).current_dir("/");
    let (file, refused) = (program.to_path_buf(), said.clone());
    let check = move || check(&file, |what| refused(what));
    let run = program::run(command, MAX_FILE, Ending::Kill, check, |error| Some(said(&error)));
    let ended = match tokio::time::timeout(limit, run).await {
        Err(_) => {
            let seconds = limit.as_secs();
            return Err(Failure::now(format_args!(
                "{} {}: it takes longer than {seconds} s",
                program.display(),
                name.text()
            )));
        }
        // It is not there.
        Ok(Err(None)) => return Ok(None),
        Ok(Err(Some(failure))) => return Err(failure),
        Ok(Ok(ended)) => ended,
    };
    complain(name, &ended);
    let text = read_text(ended.output.as_slice()).map_err(|error| said(&error))?;
    if !ended.status.success() {
        return Err(said(&ended.status));
    }
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let secret = Secret::parse(&text).map_err(|error| said(&format_args!("its output is not a key: {error}")))?;
    match secret.kind() == name.kind() {
        true => Ok(Some(secret)),
        false => Err(said(&format_args!("it prints {secret}, which is the wrong kind"))),
    }
}

/// Whether the program may be run; `None` where there is none.
fn check(program: &Path, said: impl Fn(&dyn fmt::Display) -> Failure) -> Result<(), Option<Failure>> {
    let metadata = match program.metadata() {
        Ok(metadata) => metadata,
        Err(error) if absent(&error) => return Err(None),
        Err(error) => return Err(Some(said(&error))),
    };
    if let Some(directory) = program.parent() {
        let metadata = directory.metadata().map_err(|error| Some(said(&error)))?;
        judge(directory, &metadata, RULE).map_err(|why| Some(Failure::good(why)))?;
    }
    judge(program, &metadata, RULE).map_err(|why| Some(Failure::good(why)))
}

/// Logs what the program has written to standard error, without what it has printed.
fn complain(name: Name, ended: &Ended) {
    for line in complaints(ended) {
        log::warn!("key-command {}: {line}", name.text());
    }
}

/// Lines of standard error as they may be logged.
fn complaints(ended: &Ended) -> Vec<String> {
    let printed = String::from_utf8_lossy(&ended.output);
    let printed = Zeroizing::new(printed.into_owned());
    let hide = |line: &str| match printed.trim() {
        "" => line.to_owned(),
        printed => line.replace(printed, "***"),
    };
    let lines = ended.complaint.lines().filter(|line| !line.trim().is_empty());
    lines.take(MAX_LINES).map(|line| cut(&mask(&hide(line)), MAX_LINE).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";

    struct Program(PathBuf);

    impl Program {
        fn new(name: &str, script: &str) -> Self {
            let directory = std::env::temp_dir().join(format!("nbft-command-{}-{name}", std::process::id()));
            fs::create_dir_all(&directory).unwrap();
            let program = Self(directory.join("key-command"));
            fs::write(&program.0, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
            program.mode(0o755);
            program
        }

        fn mode(&self, mode: u32) {
            fs::set_permissions(&self.0, fs::Permissions::from_mode(mode)).unwrap();
        }

        /// What comes of it, without its path.
        fn ask(&self) -> Result<Option<String>, String> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let asked = ask_within(Duration::from_secs(2), &self.0, Name::TlsPsk, &["tls-psk", "h h", "s"]);
            let asked = runtime.block_on(asked).map(|secret| secret.map(|secret| secret.expose().to_owned()));
            asked.map_err(|error| error.to_string().replace(self.0.to_str().unwrap(), "PROGRAM"))
        }
    }

    impl Drop for Program {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(self.0.parent().unwrap());
        }
    }

    #[test]
    fn it_is_told_what_is_wanted_and_nothing_else() {
        let script = format!(
            "[ \"$1,$2,$3,$#\" = 'tls-psk,h h,s,3' ] && [ -z \"$HOME$CARGO_PKG_NAME\" ] && [ \"$PWD\" = / ] || exit 3\n\
             cat; echo '{PSK}'"
        );
        assert_eq!(Program::new("told", &script).ask(), Ok(Some(PSK.into())));
        assert_eq!(Program::new("silent", "true").ask(), Ok(None));
        let gone = Program::new("gone", "true");
        fs::remove_file(&gone.0).unwrap();
        assert_eq!(gone.ask(), Ok(None));
    }

    #[test]
    fn what_goes_wrong_is_said() {
        let cases = [
            ("status", "echo 'DHHC-1:'; exit 7", "PROGRAM tls-psk: exit status: 7"),
            ("nonsense", "echo secret", "PROGRAM tls-psk: its output is not a key: it begins neither with"),
            ("endless", "exec yes", "PROGRAM tls-psk: it is longer than any key"),
            ("late", "exec sleep 60", "PROGRAM tls-psk: it takes longer than 2 s"),
            ("lingers", "exec >&-; exec sleep 60", "PROGRAM tls-psk: it takes longer than 2 s"),
            (
                "kind",
                "echo DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:",
                "PROGRAM tls-psk: it prints a DH-HMAC-CHAP secret of 32 bytes, used as it is, which is the wrong kind",
            ),
        ];
        for (name, script, expected) in cases {
            let said = Program::new(name, script).ask().unwrap_err();
            assert!(said.starts_with(expected), "{said}");
        }
        let open = Program::new("open", "true");
        open.mode(0o775);
        let said = "PROGRAM: others than root can write to it (mode 0775), so it is not used; chmod 0755";
        assert_eq!(open.ask(), Err(said.into()));
        open.mode(0o600);
        assert_eq!(open.ask(), Err("PROGRAM tls-psk: Permission denied (os error 13)".into()));
    }
    #[test]
    fn what_it_leaves_running_holds_nobody_up_and_what_hangs_is_ended_whole() {
        let start = std::time::Instant::now();
        // It holds standard error.
        let program = Program::new("daemon", &format!("sleep 30 >&- & echo '{PSK}'"));
        assert_eq!(program.ask(), Ok(Some(PSK.into())));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        // More on standard error than a pipe holds.
        let script = format!("head -c 200000 /dev/zero | tr '\\0' x >&2; echo '{PSK}'");
        assert_eq!(Program::new("loud", &script).ask(), Ok(Some(PSK.into())));
        let hanging = Program::new("whole", "sh -c 'echo $$ > \"$0.pid\"; exec sleep 60' \"$0\"");
        assert!(hanging.ask().unwrap_err().ends_with("it takes longer than 2 s"));
        let pid = fs::read_to_string(hanging.0.with_extension("pid")).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }

    #[test]
    fn complaints_are_short_and_hold_no_key() {
        let complaint = format!("+ echo {PSK}\n\nit is {}\nhex: 00ff00ff\n{}\n", PSK, "x\n".repeat(100));
        let ended = |output: &str, complaint: &str| Ended {
            status: Default::default(),
            output: Zeroizing::new(output.into()),
            complaint: complaint.into(),
        };
        let lines = complaints(&ended("00ff00ff\n", &complaint));
        assert_eq!(lines[..3], ["+ echo ***", "it is ***", "hex: ***"]);
        assert_eq!(lines.len(), MAX_LINES);
        assert_eq!(complaints(&ended("", &"y".repeat(300)))[0], format!("{} [...]", "y".repeat(MAX_LINE)));
    }
}

//! A program of the administrator's that gives keys: the last place that is asked.
//!
//! It has a fixed path, so that neither a table nor the kernel's command line can say what is run.

use super::files::{RULE, absent, judge, read_text};
use super::names::Name;
use super::secret::Secret;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The program.
pub(super) const PROGRAM: &str = "etc/nbft/key-command";

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How often it is looked whether the program has ended, once it has said all.
const LOOK: Duration = Duration::from_millis(5);

/// All of the environment that it gets.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs `program NAME HOSTNQN SUBSYSNQN` for a key of this name, and takes what it prints; `None` where there is no such
/// program, or it prints nothing.
///
/// # Errors
///
/// In words, why it is not run, how it failed, or why what it prints is no key of this kind.
pub(super) fn ask(program: &Path, name: Name, hostnqn: &str, subsysnqn: &str) -> Result<Option<Secret>, String> {
    ask_within(LIMIT, program, name, &[name.text(), hostnqn, subsysnqn])
}

fn ask_within(limit: Duration, program: &Path, name: Name, arguments: &[&str]) -> Result<Option<Secret>, String> {
    let said = |what: &dyn std::fmt::Display| format!("{} {}: {what}", program.display(), name.text());
    let metadata = match program.metadata() {
        Ok(metadata) => metadata,
        Err(error) if absent(&error) => return Ok(None),
        Err(error) => return Err(said(&error)),
    };
    if let Some(directory) = program.parent() {
        let metadata = directory.metadata().map_err(|error| said(&error))?;
        judge(directory, &metadata, RULE)?;
    }
    judge(program, &metadata, RULE)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", SEARCH_PATH)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| said(&error))?;
    let end = Instant::now() + limit;
    let text = child.stdout.take().map(|stdout| read_text(Limited { stdout, end }));
    let ended = wait(&mut child, end);
    let late = || said(&format_args!("it takes longer than {} s", limit.as_secs()));
    let text = match text.transpose() {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(late()),
        Err(error) => return Err(said(&error)),
        Ok(text) => text.unwrap_or_default(),
    };
    match ended.map_err(|error| said(&error))? {
        None => return Err(late()),
        Some(status) if !status.success() => return Err(said(&status)),
        Some(_) if text.trim_ascii().is_empty() => return Ok(None),
        Some(_) => {}
    }
    let secret = Secret::parse(&text).map_err(|error| said(&format_args!("what it prints is no key: {error}")))?;
    match secret.kind() == name.kind() {
        true => Ok(Some(secret)),
        false => Err(said(&format_args!("it prints {secret}, which is no such key"))),
    }
}

/// How a program ended; one that has not by `end` is ended, which is `None`.
fn wait(child: &mut Child, end: Instant) -> io::Result<Option<std::process::ExitStatus>> {
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(LOOK);
    }
    child.kill()?;
    child.wait().map(|_| None)
}

/// What a program prints until `end`.
struct Limited {
    stdout: ChildStdout,
    end: Instant,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_duration_since(Instant::now());
        let mut watched = [PollFd::new(self.stdout.as_fd(), PollFlags::POLLIN)];
        match poll(&mut watched, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX))? {
            0 => Err(io::ErrorKind::TimedOut.into()),
            _ => self.stdout.read(buffer),
        }
    }
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
            let asked = ask_within(Duration::from_secs(2), &self.0, Name::TlsPsk, &["tls-psk", "h h", "s"]);
            let asked = asked.map(|secret| secret.map(|secret| secret.expose().to_owned()));
            asked.map_err(|error| error.replace(self.0.to_str().unwrap(), "PROGRAM"))
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
            ("nonsense", "echo secret", "PROGRAM tls-psk: what it prints is no key: it begins neither with"),
            ("endless", "exec yes", "PROGRAM tls-psk: it is longer than any key"),
            ("late", "exec sleep 60", "PROGRAM tls-psk: it takes longer than 2 s"),
            ("lingers", "exec >&-; exec sleep 60", "PROGRAM tls-psk: it takes longer than 2 s"),
            (
                "kind",
                "echo DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:",
                "PROGRAM tls-psk: it prints a DH-HMAC-CHAP secret of 32 bytes, used as it is, which is no such key",
            ),
        ];
        for (name, script, expected) in cases {
            let said = Program::new(name, script).ask().unwrap_err();
            assert!(said.starts_with(expected), "{said}");
        }
        let open = Program::new("open", "true");
        open.mode(0o775);
        let said = "PROGRAM: others than root can write to it (mode 0775), so that it is not used; chmod 0755";
        assert_eq!(open.ask(), Err(said.into()));
        open.mode(0o600);
        assert_eq!(open.ask(), Err("PROGRAM tls-psk: Permission denied (os error 13)".into()));
    }
}

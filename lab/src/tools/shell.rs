//! Runs another program to its end and returns its output.

use crate::tools::error::{At, Error, Result};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command that can be run.
#[derive(Debug)]
pub struct Run {
    command: Command,
}

/// Starts describing a command.
pub fn run(program: impl AsRef<std::ffi::OsStr>) -> Run {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    Run { command }
}

impl Run {
    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<S: AsRef<std::ffi::OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    fn name(&self) -> String {
        let mut words = vec![self.command.get_program().to_string_lossy().into_owned()];
        words.extend(self.command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
        let mut name = words.join(" ");
        if let Some((cut, _)) = name.char_indices().nth(300) {
            name.truncate(cut);
            name.push('…');
        }
        name
    }

    fn start_error(&self, source: std::io::Error) -> Error {
        Error::Start { program: self.command.get_program().to_string_lossy().into_owned(), source }
    }

    /// Runs the command and returns its standard output.
    ///
    /// # Errors
    ///
    /// When the command cannot be started or fails; the error has the end of its standard error.
    pub fn output(mut self) -> Result<Vec<u8>> {
        let name = self.name();
        let output = self.command.output().map_err(|e| self.start_error(e))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Error::Failed { command: name, status: output.status.to_string(), tail: tail(&output.stderr) })
    }

    /// Like [`Run::output`], for text.
    pub fn text(self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.output()?).into_owned())
    }

    /// Runs the command and writes its output to a log file.
    ///
    /// # Errors
    ///
    /// When the command cannot be started or fails; the error has the end of the log.
    pub fn log(mut self, log: &Path) -> Result<()> {
        let name = self.name();
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(log).at(log)?;
        writeln!(file, "+ {name}").at(log)?;
        self.command.stdout(file.try_clone().at(log)?).stderr(file);
        let status = self.command.status().map_err(|e| self.start_error(e))?;
        if status.success() {
            return Ok(());
        }
        let text = std::fs::read(log).at(log)?;
        Err(Error::Failed { command: name, status: status.to_string(), tail: tail(&text) })
    }

    /// Runs the command with `input` on its standard input.
    pub fn feed(mut self, input: Vec<u8>) -> Result<Vec<u8>> {
        let name = self.name();
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(|e| self.start_error(e))?;
        let mut stdin = child.stdin.take();
        // A thread writes the input, so that full pipes cannot block both sides. A program may close its end early; that is no error.
        let feeder = std::thread::spawn(move || stdin.as_mut().map(|pipe| pipe.write_all(&input)));
        let output = child.wait_with_output().map_err(|e| self.start_error(e))?;
        let _ = feeder.join();
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Error::Failed { command: name, status: output.status.to_string(), tail: tail(&output.stderr) })
    }

    /// Whether the command can be started and succeeds; its output is discarded.
    pub fn succeeds(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self.command.status().is_ok_and(|status| status.success())
    }
}

/// The last lines of a text, for an error message.
pub fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

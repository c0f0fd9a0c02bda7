//! Programs that give secrets: they run beside everything else, are read within limits, and are ended when nobody waits for them.

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How much is read of what a program complains of, in bytes. The rest is read too, and forgotten.
const MAX_COMPLAINT: usize = 4096;

/// How long the last complaints are waited for once a program has ended: what it has left running may have the pipe.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// What came of a program.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// What it printed: one byte more than it may be where it is too long.
    pub(super) output: Zeroizing<Vec<u8>>,
    /// What it wrote to standard error, cut.
    pub(super) complaint: String,
}

/// How a program is told to end when nobody waits for it any more.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// It alone, by SIGTERM: it leaves things as they were.
    Term,
    /// It and all that it has started, by SIGKILL.
    Kill,
}

/// A program that runs.
struct Running {
    pid: Option<u32>,
    ending: Ending,
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(pid) = self.pid.and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw) else { return };
        // Nobody has waited for it, so the number is still its own.
        let _ = match self.ending {
            Ending::Term => kill(pid, Signal::SIGTERM),
            Ending::Kill => killpg(pid, Signal::SIGKILL),
        };
    }
}

/// Runs a program without input after `check`, and reads at most `most` bytes and one of what it prints. When this is dropped, the
/// program is told to end.
///
/// # Errors
///
/// What `check` says, else what `said` makes of an error of the system.
pub(super) async fn run<E: Send + 'static>(
    mut command: Command,
    most: usize,
    ending: Ending,
    check: impl FnOnce() -> Result<(), E> + Send + 'static,
    said: impl Fn(io::Error) -> E,
) -> Result<Ended, E> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if matches!(ending, Ending::Kill) {
        command.process_group(0);
    }
    // Not on this thread: while the root file system is away, it would wait for the program's file, and nobody would bring it back.
    let started = tokio::task::spawn_blocking(move || {
        check()?;
        let started = command.spawn().map(|child| {
            let running = Running { pid: child.id(), ending };
            (child, running)
        });
        Ok(started)
    });
    let started = started.await.map_err(|error| said(io::Error::other(error)))?;
    let (child, running) = started?.map_err(&said)?;
    read(child, running, most).await.map_err(said)
}

async fn read(mut child: Child, mut running: Running, most: usize) -> io::Result<Ended> {
    // As long as it may become, so that no copy is left behind when it grows.
    let (mut output, mut complaint) = (Zeroizing::new(vec![0; most + 1]), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (length, status) = {
        let mut complaining = std::pin::pin!(listen(stderr, &mut complaint));
        let mut work = std::pin::pin!(async {
            let length = fill(stdout, &mut output).await?;
            // One that prints too much is not waited for.
            let status = if length > most { None } else { Some(child.wait().await?) };
            io::Result::Ok((length, status))
        });
        tokio::select! {
            done = &mut work => {
                let _ = timeout(LAST_WORDS, complaining).await;
                done?
            }
            () = &mut complaining => work.await?,
        }
    };
    if status.is_some() {
        running.pid = None;
    }
    output.truncate(length);
    let complaint = String::from_utf8_lossy(&complaint).into_owned();
    Ok(Ended { status: status.unwrap_or_default(), output, complaint })
}

/// Fills a buffer with what is printed; how much that was.
async fn fill(stdout: Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> io::Result<usize> {
    let Some(mut stdout) = stdout else { return Ok(0) };
    let mut length = 0;
    while length < buffer.len() {
        match stdout.read(&mut buffer[length..]).await? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

/// Takes the beginning of what is complained of. It is read to its end, so that nobody has to wait until it is.
async fn listen(stderr: Option<impl AsyncRead + Unpin>, complaint: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else { return };
    let mut buffer = [0; 512];
    while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
        let room = MAX_COMPLAINT - complaint.len();
        complaint.extend_from_slice(&buffer[..length.min(room)]);
    }
}

//! Runs programs that print secrets: it bounds their output, and ends them when their result is no longer needed.

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Bytes of standard error that are kept. The rest is read and dropped.
const MAX_STDERR: usize = 4096;

/// How long standard error is read after the program ended: its children may keep the pipe open.
const STDERR_GRACE: Duration = Duration::from_millis(50);

/// The result of a program.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// Its output, cut to one byte more than the limit.
    pub(super) output: Zeroizing<Vec<u8>>,
    /// Its standard error, cut.
    pub(super) stderr: String,
}

/// How a program is ended when its result is no longer needed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// The program alone, by SIGTERM: it cleans up.
    Term,
    /// The program and its children, by SIGKILL.
    Kill,
}

/// A running program, which is ended when this is dropped.
struct Running {
    pid: Option<u32>,
    ending: Ending,
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(pid) = self.pid.and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw) else { return };
        // The program was not waited for, so the number is still its own.
        let _ = match self.ending {
            Ending::Term => kill(pid, Signal::SIGTERM),
            Ending::Kill => killpg(pid, Signal::SIGKILL),
        };
    }
}

/// Runs a program without input after `check`, and reads at most `most + 1` bytes of its output. Dropping the future ends the
/// program.
///
/// # Errors
///
/// The error of `check`, or the system's error after `convert`.
pub(super) async fn run<E: Send + 'static>(
    mut command: Command,
    most: usize,
    ending: Ending,
    check: impl FnOnce() -> Result<(), E> + Send + 'static,
    convert: impl Fn(io::Error) -> E,
) -> Result<Ended, E> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if matches!(ending, Ending::Kill) {
        command.process_group(0);
    }
    // Not on this thread: while the root file system is unreachable, reading the program would block it, and nothing would reconnect
    // the root.
    let started = tokio::task::spawn_blocking(move || {
        check()?;
        let started = command.spawn().map(|child| {
            let running = Running { pid: child.id(), ending };
            (child, running)
        });
        Ok(started)
    });
    let started = started.await.map_err(|error| convert(io::Error::other(error)))?;
    let (child, running) = started?.map_err(&convert)?;
    read(child, running, most).await.map_err(convert)
}

async fn read(mut child: Child, mut running: Running, most: usize) -> io::Result<Ended> {
    // Allocated at full length: a growing buffer would leave copies behind.
    let (mut output, mut stderr) = (Zeroizing::new(vec![0; most + 1]), Vec::new());
    let (output_pipe, error_pipe) = (child.stdout.take(), child.stderr.take());
    let (length, status) = {
        let mut collecting = std::pin::pin!(collect(error_pipe, &mut stderr));
        let mut work = std::pin::pin!(async {
            let length = fill(output_pipe, &mut output).await?;
            // A program that prints too much is not waited for.
            let status = if length > most { None } else { Some(child.wait().await?) };
            io::Result::Ok((length, status))
        });
        tokio::select! {
            done = &mut work => {
                let _ = timeout(STDERR_GRACE, collecting).await;
                done?
            }
            () = &mut collecting => work.await?,
        }
    };
    if status.is_some() {
        running.pid = None;
    }
    output.truncate(length);
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    Ok(Ended { status: status.unwrap_or_default(), output, stderr })
}

/// Fills a buffer with the output. Returns the number of bytes.
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

/// Keeps the beginning of standard error, and reads it to its end, so that the program never blocks.
async fn collect(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 512];
    while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
        let room = MAX_STDERR - kept.len();
        kept.extend_from_slice(&buffer[..length.min(room)]);
    }
}

//! `nbft check-key`.

use crate::cli::{CheckKeyArgs, Common};
use crate::error::{Error, UsageError};
use crate::exit::Exit;
use crate::input::open_regular;
use crate::nvme::keys::{Secret, TlsPsk, open_to_others, read_text};
use crate::output::{Text, mask, print};
use crate::process;
use std::borrow::Cow;
use std::path::Path;

/// Runs the command.
///
/// # Errors
///
/// When the file cannot be read, or standard output cannot be written. A malformed key is no error.
pub fn run(args: &CheckKeyArgs, common: &Common) -> Result<Exit, Error> {
    process::leave_no_core();
    if is_key(&args.file) {
        return Err(UsageError::KeyAsArgument.into());
    }
    let is_stdin = args.file == Path::new("-");
    let path = if is_stdin { "standard input".into() } else { common.path(&args.file) };
    let name = path.display().to_string();
    let read = |source| Error::Read { path: path.clone(), source };
    let text = if is_stdin {
        read_text(std::io::stdin().lock()).map_err(read)?
    } else {
        let file = open_regular(&path).map_err(read)?;
        if let Some(mode) = open_to_others(&file) {
            log::warn!(
                "{name}: others than its owner can read or write it (mode {mode:04o}): in the key directory it is refused"
            );
        }
        read_text(file).map_err(read)?
    };
    match Secret::parse(&text) {
        Ok(secret) => {
            let identity = match (&args.hostnqn, &args.subsysnqn) {
                (Some(host), Some(subsystem)) => match TlsPsk::derive(&secret, host, subsystem) {
                    Some(psk) => Some(format!("identity: {}", psk.identity().text())),
                    None => {
                        log::error!("{name}: it is no TLS PSK: it has no identity");
                        return Ok(Exit::Failed);
                    }
                },
                _ => None,
            };
            let mut text = Text::new();
            text.line(format_args!("{name}: {secret}"));
            identity.iter().for_each(|identity| text.line(identity));
            print(&text)?;
            Ok(Exit::Ok)
        }
        Err(error) => {
            log::error!("{name}: not a key: {error}");
            Ok(Exit::Failed)
        }
    }
}

/// Whether a key was given in place of a file with one.
fn is_key(file: &Path) -> bool {
    matches!(mask(&file.to_string_lossy()), Cow::Owned(_))
}

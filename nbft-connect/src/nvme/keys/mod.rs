//! Secrets: their forms, where they lie, and the care that is taken of them.
//!
//! A secret is never in a log line, an error, the status or a process's arguments: its type shows nothing of it, and what is said
//! of options or by the kernel goes through [`mask`].

pub mod care;
mod command;
pub(crate) mod files;
mod found;
mod identity;
mod keyring;
mod names;
mod psk;
mod redfish;
mod secret;
mod source;
#[cfg(test)]
mod tests;
mod tls;

pub use files::{complaints, open_to_others, read_text};
pub use found::{Failure, Found};
pub use identity::Identity;
pub use keyring::{Keyring, KeyringError, Serial};
pub use names::Name;
pub use psk::TlsPsk;
pub use redfish::{Fetch, Fetched, is_at_host_interface};
pub use secret::{Kind, MalformedKey, Secret};
pub use source::{Keys, Secrets, credentials};
pub use tls::{Tls, TlsKey};

use std::borrow::Cow;

/// What a key begins with, each of them.
const PREFIXES: [&str; 2] = [secret::DHCHAP_PREFIX, secret::PSK_PREFIX];

/// `text` with `***` in the place of each key in it, from where it begins to the next space, comma, quote or control character.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    let find = |text: &str| PREFIXES.iter().filter_map(|prefix| text.find(prefix)).min();
    let Some(first) = find(text) else { return Cow::Borrowed(text) };
    let (mut masked, mut rest) = (String::from(&text[..first]), &text[first..]);
    loop {
        masked.push_str("***");
        let end = rest.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '"' | '\''));
        rest = &rest[end.unwrap_or(rest.len())..];
        let Some(next) = find(rest) else { break };
        masked.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    masked.push_str(rest);
    Cow::Owned(masked)
}

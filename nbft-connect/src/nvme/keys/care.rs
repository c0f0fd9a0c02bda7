//! What a process does that holds secrets.

use crate::output::mask;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use std::borrow::Cow;

/// Keeps this process, and those that it forks, out of core dumps: by the limit, and by the flag, since the limit does not hold
/// for a kernel that pipes dumps to a program. Other users' processes cannot look into it any more either.
pub fn leave_no_core() {
    let limit = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    if let Err(error) = limit.and_then(|()| prctl::set_dumpable(false)) {
        log::warn!("a crash of this process could leave its secrets in a core dump: {error}");
    }
}

/// What a parser found wrong with JSON that may hold secrets: the kind of error and where, but nothing of its text, which quotes
/// what it has read.
pub fn position(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "cut off",
        serde_json::error::Category::Data => "a value has the wrong type",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// At most so many bytes of a text from outside, and a mark where it was cut.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    Cow::Owned(format!("{} [...]", &text[..end]))
}

/// A keypath as it may be shown: what stands before a host could be a user and a password. They belong into no keypath, so that it
/// does not matter if more than them is hidden in one that is malformed.
pub fn keypath(keypath: &str) -> Cow<'_, str> {
    let start = keypath.find("//").map_or(0, |slashes| slashes + 2);
    let shown = keypath.rfind('@').map(|at| {
        let start = if start <= at { start } else { 0 };
        format!("{}***{}", &keypath[..start], &keypath[at..])
    });
    let shown = shown.as_deref().unwrap_or(keypath);
    Cow::Owned(cut(&mask(shown), MAX_KEYPATH).into_owned())
}

/// Bytes of a keypath that are shown.
const MAX_KEYPATH: usize = 256;

/// Why a keypath is refused that names a user.
pub const NAMES_USER: &str = "it names a user, who belongs in the settings: everybody can read a table";

/// Whether a keypath names a user.
pub fn names_user(keypath: &str) -> bool {
    !super::is_at_host_interface(keypath) && keypath.contains('@')
}

#[cfg(test)]
mod tests {
    use super::{cut, keypath};

    #[test]
    fn of_keypaths_only_what_is_no_secret_is_shown() {
        for (path, shown) in [
            ("https://192.0.2.9/redfish/v1/Keys", "https://192.0.2.9/redfish/v1/Keys"),
            ("https://user:pass@192.0.2.9/k", "https://***@192.0.2.9/k"),
            ("https://user:pa/ss@w@192.0.2.9/k", "https://***@192.0.2.9/k"),
            ("user:pass@192.0.2.9//k", "***@192.0.2.9//k"),
            ("https:user:pass@h", "***@h"),
            ("/redfish/v1/DHHC-1:00:AAAA:", "/redfish/v1/***"),
        ] {
            assert_eq!(keypath(path), shown);
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!((cut("\u{e4}\u{e4}", 4), cut("\u{e4}\u{e4}", 3)), ("\u{e4}\u{e4}".into(), "\u{e4} [...]".into()));
    }
}

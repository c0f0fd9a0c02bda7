//! Shows Redfish keypaths without a user or password in them.

use crate::output::{cut, mask};
use std::borrow::Cow;

/// Bytes of a keypath that are shown.
const MAX_SHOWN: usize = 256;

/// Why a keypath that names a user is refused.
pub const NAMES_USER: &str = "it names a user, who belongs in the settings: everybody can read a table";

/// A keypath as messages may show it. Text before the host could be a user and a password, so it is masked. A malformed keypath
/// may lose more than these.
pub fn shown(keypath: &str) -> Cow<'_, str> {
    let start = keypath.find("//").map_or(0, |slashes| slashes + 2);
    let masked = keypath.rfind('@').map(|at| {
        let start = if start <= at { start } else { 0 };
        format!("{}***{}", &keypath[..start], &keypath[at..])
    });
    let masked = masked.as_deref().unwrap_or(keypath);
    Cow::Owned(cut(&mask(masked), MAX_SHOWN).into_owned())
}

/// Whether a keypath names a user.
pub fn names_user(keypath: &str) -> bool {
    !super::is_at_host_interface(keypath) && keypath.contains('@')
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn keypaths_are_shown_without_secrets() {
        for (path, expected) in [
            ("https://192.0.2.9/redfish/v1/Keys", "https://192.0.2.9/redfish/v1/Keys"),
            ("https://user:pass@192.0.2.9/k", "https://***@192.0.2.9/k"),
            ("https://user:pa/ss@w@192.0.2.9/k", "https://***@192.0.2.9/k"),
            ("user:pass@192.0.2.9//k", "***@192.0.2.9//k"),
            ("https:user:pass@h", "***@h"),
            ("/redfish/v1/DHHC-1:00:AAAA:", "/redfish/v1/***"),
        ] {
            assert_eq!(shown(path), expected);
        }
    }
}

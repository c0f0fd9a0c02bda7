//! Decides which texts of a service messages may show: a secret can lie in any place of an answer.

use nbft_connect::nvme::keys::care::cut;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// The longest path that is shown, in bytes.
const MAX_PATH: usize = 160;

/// Bytes of the keypath's own path that are shown.
const MAX_START: usize = 256;

/// The longest part of a path between slashes that is shown, in bytes: a UUID fits, the shortest key in base64 does not.
const MAX_SEGMENT: usize = 40;

/// The longest sentence of a library that is shown, in bytes.
const MAX_ERROR: usize = 300;

/// The secrets sent to the service or received from it.
pub(crate) type Secrets = Vec<Zeroizing<String>>;

/// Whether a path from a service can be shown: it is plain, and holds none of these secrets and nothing that could be a key.
pub(crate) fn is_plain(path: &str, secrets: &[Zeroizing<String>]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~?$=&".contains(&byte);
    path.starts_with('/')
        && path.len() <= MAX_PATH
        && path.bytes().all(plain)
        && path.split('/').all(|segment| segment.len() <= MAX_SEGMENT)
        && !holds(path, secrets)
}

/// A resource of a service, for messages. A path that the service gives is shown only if it is plain; the keypath's own path is from
/// the table.
pub(crate) fn resource(base: &str, path: &str, start: &str, secrets: &[Zeroizing<String>]) -> String {
    match path == start || is_plain(path, secrets) {
        true => format!("{base}{}", cut(path, MAX_START)),
        false => format!("{base} (a resource whose path is not shown)"),
    }
}

/// A library's message, unless it holds one of these secrets.
pub(crate) fn error<'t>(text: &'t str, secrets: &[Zeroizing<String>]) -> Cow<'t, str> {
    if holds(text, secrets) { "an error whose text has a secret in it".into() } else { cut(text, MAX_ERROR) }
}

/// Whether a text holds one of these secrets.
pub(crate) fn holds(text: &str, secrets: &[Zeroizing<String>]) -> bool {
    secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_shown() {
        let secrets = [Zeroizing::new("word".to_owned()), Zeroizing::new(String::new())];
        for path in ["/redfish/v1/KeyService/NVMeoFSecrets?$skip=1", "/k/0a5bb1f2-4c1d-4b57-9c41-1f7a3c0de001"] {
            assert!(is_plain(path, &secrets), "{path}");
        }
        for path in [
            "",
            "k",
            "/DHHC-1:00:AAEC:",
            "/DHHC-1%3A00",
            "/a\n",
            "/\u{e9}",
            "/password",
            "/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHhKfiaR",
            &"/a".repeat(100),
        ] {
            assert!(!is_plain(path, &secrets), "{path}");
        }
        assert_eq!(error("no word of it", &secrets), "an error whose text has a secret in it");
        assert_eq!(error("Connection refused", &secrets), "Connection refused");
    }
}

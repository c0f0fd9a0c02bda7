//! Decides which texts of a service messages may show: any part of an answer may be a secret.

use nbft_connect::output::cut;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// The longest path that messages show, in bytes.
const MAX_PATH: usize = 160;

/// How many bytes of the keypath's own path messages show.
const MAX_START: usize = 256;

/// The longest segment of a path that messages show, in bytes: a UUID fits, but not the shortest key in base64.
const MAX_SEGMENT: usize = 40;

/// The longest error of a library that messages show, in bytes.
const MAX_ERROR: usize = 300;

/// The secrets sent to the service or received from it.
pub(crate) type Secrets = Vec<Zeroizing<String>>;

/// Whether messages may show a path from a service: it is plain, and contains none of these secrets and nothing that could be a key.
pub(crate) fn is_plain(path: &str, secrets: &[Zeroizing<String>]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~?$=&".contains(&byte);
    path.starts_with('/')
        && path.len() <= MAX_PATH
        && path.bytes().all(plain)
        && path.split('/').all(|segment| segment.len() <= MAX_SEGMENT)
        && !holds(path, secrets)
}

/// The name of a resource of a service in messages. A path from the service is shown only if it is plain; the keypath's own path is from
/// the table.
pub(crate) fn resource(base: &str, path: &str, start: &str, secrets: &[Zeroizing<String>]) -> String {
    match path == start || is_plain(path, secrets) {
        true => format!("{base}{}", cut(path, MAX_START)),
        false => format!("{base} (a resource whose path is not shown)"),
    }
}

/// A library's message, unless it contains one of these secrets.
pub(crate) fn error<'t>(text: &'t str, secrets: &[Zeroizing<String>]) -> Cow<'t, str> {
    if holds(text, secrets) { "an error whose text has a secret in it".into() } else { cut(text, MAX_ERROR) }
}

/// Whether a text contains one of these secrets.
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

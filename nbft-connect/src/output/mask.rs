//! Masks secrets in texts from elsewhere: a kernel's log, a service's answer, a URI.

use std::borrow::Cow;

/// What a DH-HMAC-CHAP secret begins with.
pub(crate) const DHCHAP_PREFIX: &str = "DHHC-1:";
/// What a configured TLS PSK begins with.
pub(crate) const PSK_PREFIX: &str = "NVMeTLSkey-1:";
/// What stands before a URI's authority.
const AUTHORITY: &str = "://";

/// `text` with `***` in the place of each key in it, from where it begins to the next space, comma, quote or control character,
/// and in the place of user and password in each URI.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut rest = text;
    let mut masked = String::new();
    while let Some((at, length)) = secret(rest) {
        masked.push_str(&rest[..at]);
        masked.push_str("***");
        rest = &rest[at + length..];
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    masked.push_str(rest);
    Cow::Owned(masked)
}

/// Where the first secret begins, and its length in bytes.
fn secret(text: &str) -> Option<(usize, usize)> {
    let word = |at: usize| text[at..].find(ends_word).unwrap_or(text.len() - at);
    let keys = [DHCHAP_PREFIX, PSK_PREFIX].into_iter().filter_map(|prefix| text.find(prefix));
    let key = keys.min().map(|at| (at, word(at)));
    let userinfo = text.match_indices(AUTHORITY).find_map(|(at, _)| {
        let begin = at + AUTHORITY.len();
        let word = &text[begin..][..word(begin)];
        userinfo(word).map(|length| (begin, length))
    });
    key.into_iter().chain(userinfo).min()
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, ',' | '"' | '\'')
}

/// The length of the part before `@`, in a text that begins with an authority.
fn userinfo(text: &str) -> Option<usize> {
    let authority = &text[..text.find(['/', '?', '#']).unwrap_or(text.len())];
    if let Some(at) = authority.rfind('@') {
        // Masked already.
        return Some(at).filter(|at| &text[..*at] != "***");
    }
    // Text in the place of a port that is no port may be the beginning of an unencoded password.
    let (_, port) = authority.rsplit_once(':')?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) || authority.ends_with(']');
    text.rfind('@').filter(|_| !is_port)
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn keys_and_passwords_are_masked_and_nothing_else() {
        for (text, expected) in [
            ("no secret: DHHC-2, NVMeTLSkey", "no secret: DHHC-2, NVMeTLSkey"),
            ("got \"DHHC-1:00:AAEC:\", not a list", "got \"***\", not a list"),
            ("NVMeTLSkey-1:01:VRLb+/=:,dhchap_secret=DHHC-1:01:AAEC:", "***,dhchap_secret=***"),
            (
                "https://user:password@192.0.2.1/redfish/v1: it names a user",
                "https://***@192.0.2.1/redfish/v1: it names a user",
            ),
            ("https://u@h https://u:p@q@[2001:db8::1]:443/", "https://***@h https://***@[2001:db8::1]:443/"),
            ("https://user:pa/ss#w@host/x", "https://***@host/x"),
            ("https://***@host/", "https://***@host/"),
            ("https://192.0.2.1:443/a@b", "https://192.0.2.1:443/a@b"),
            ("https://[2001:db8::1]/a@b", "https://[2001:db8::1]/a@b"),
            ("https://host/a@b, mail a@b", "https://host/a@b, mail a@b"),
            ("https://u:DHHC-1:00:AAEC:@h", "https://***@h"),
            ("://@", "://***@"),
        ] {
            assert_eq!(mask(text), expected);
            assert_eq!(mask(&mask(text)), expected);
        }
    }
}

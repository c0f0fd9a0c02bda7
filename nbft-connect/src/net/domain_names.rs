//! Reads the domain names that DHCP sends in DNS form.

use super::usable::MOST;

/// Longest label, and longest name with its dots (RFC 1035, section 2.3.4).
const LONGEST_LABEL: u8 = 63;
const LONGEST_NAME: usize = 255;

/// Whether a name may end in a pointer to an earlier one (RFC 1035, section 4.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    /// DHCPv4 (RFC 3397, section 2).
    Allowed,
    /// DHCPv6 (RFC 8415, section 10).
    Forbidden,
}

/// The names that fill `bytes`, at most [`MOST`]; `None` when they are not well-formed.
pub(super) fn domain_names(bytes: &[u8], compression: Compression) -> Option<Vec<String>> {
    let (mut names, mut at) = (Vec::new(), 0);
    while at < bytes.len() && names.len() < MOST {
        let (name, next) = name(bytes, at, compression)?;
        if !name.is_empty() {
            names.push(name);
        }
        at = next;
    }
    Some(names)
}

/// The name that begins at `start`, and where the next one begins.
fn name(bytes: &[u8], start: usize, compression: Compression) -> Option<(String, usize)> {
    let (mut name, mut at, mut next) = (String::new(), start, None);
    loop {
        match *bytes.get(at)? {
            0 => return Some((name, next.unwrap_or(at + 1))),
            length @ 1..=LONGEST_LABEL => {
                let label = bytes.get(at + 1..=at + usize::from(length))?;
                let dot = if name.is_empty() { "" } else { "." };
                name = name + dot + std::str::from_utf8(label).ok()?;
                if name.len() > LONGEST_NAME {
                    return None;
                }
                at += 1 + label.len();
            }
            high @ 0xc0.. if compression == Compression::Allowed => {
                let low = *bytes.get(at + 1)?;
                next = next.or(Some(at + 2));
                let earlier = usize::from(u16::from_be_bytes([high & 0x3f, low]));
                // This ends: each pointer goes back, and labels, which go forward, have a bounded sum.
                at = Some(earlier).filter(|earlier| *earlier < at)?;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_pointers() {
        let plain = b"\x07example\x03org\0\0\x01a\0";
        for compression in [Compression::Allowed, Compression::Forbidden] {
            assert_eq!(domain_names(plain, compression).unwrap(), ["example.org", "a"]);
        }
        let pointing = b"\x07example\x03org\0\x03www\xc0\0\x01a\0";
        assert_eq!(domain_names(pointing, Compression::Allowed).unwrap(), ["example.org", "www.example.org", "a"]);
        assert_eq!(domain_names(pointing, Compression::Forbidden), None);
    }

    #[test]
    fn what_is_no_name() {
        let long = [&[63][..], &[b'a'; 63]].concat().repeat(5);
        let long = [&long, &b"\0"[..]].concat();
        // To itself, forwards, in a circle, cut, not text, of an unknown kind, too long, not ended.
        for bytes in
            [&b"\xc0\0"[..], b"\xc0\x02\0", b"\x01a\xc0\x02", b"\x01a\xc0", b"\x01\xff\0", b"\x40a", &long, b"\x01a"]
        {
            assert_eq!(domain_names(bytes, Compression::Allowed), None, "{bytes:?}");
        }
    }

    #[test]
    fn names_have_an_end() {
        assert_eq!(domain_names(&b"\x01a\0".repeat(100), Compression::Forbidden).unwrap().len(), MOST);
        // A pointer loop makes this name longer each time around.
        assert_eq!(domain_names(b"\x01a\x01b\xc0\0", Compression::Allowed), None);
    }
}

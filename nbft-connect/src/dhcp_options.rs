//! Checks and holds the DHCP options by which a client describes itself.

use std::fmt;

/// Characters of the longest class: DHCPv4 puts a length before a user class, inside an option of 255 bytes.
const LONGEST_CLASS: usize = 254;

/// Characters of the longest host name, and of the longest label in it (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// What a DHCP client tells servers about itself beside its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientOptions {
    /// Vendor class (DHCPv4 option 60, DHCPv6 option 16).
    pub vendor_class: Option<String>,
    /// Host name (DHCPv4 option 12, DHCPv6 option 39).
    pub host_name: Option<String>,
    /// User class (option 77, DHCPv6 option 15).
    pub user_class: Option<String>,
}

impl ClientOptions {
    /// These options; missing ones are taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            vendor_class: self.vendor_class.or(other.vendor_class),
            host_name: self.host_name.or(other.host_name),
            user_class: self.user_class.or(other.user_class),
        }
    }

    /// These options; a missing host name is taken from the table, if the table's is valid.
    #[must_use]
    pub fn with_table(&self, host_name_of_table: Option<&str>) -> Self {
        let of_table = || host_name(host_name_of_table?).ok();
        Self { host_name: self.host_name.clone().or_else(of_table), ..self.clone() }
    }
}

/// Why a text is no class or host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientOptionError {
    /// No class.
    Class,
    /// No host name.
    HostName,
}

impl fmt::Display for ClientOptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class => write!(
                f,
                "a class has 1 to {LONGEST_CLASS} printable ASCII characters, without spaces, quotes, backslashes and percent signs"
            ),
            Self::HostName => write!(
                f,
                "a host name has at most {LONGEST_NAME} characters: labels of letters, digits and inner dashes, parted by dots"
            ),
        }
    }
}

impl std::error::Error for ClientOptionError {}

/// Checks a vendor or user class: it must be literal on the wire and in the files of network managers.
///
/// # Errors
///
/// [`ClientOptionError::Class`].
pub fn class(text: &str) -> Result<String, ClientOptionError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b'%');
    let is_class = (1..=LONGEST_CLASS).contains(&text.len()) && text.bytes().all(fits);
    is_class.then(|| text.to_owned()).ok_or(ClientOptionError::Class)
}

/// A host name, with or without its domain.
///
/// # Errors
///
/// [`ClientOptionError::HostName`].
pub fn host_name(text: &str) -> Result<String, ClientOptionError> {
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = text.len() <= LONGEST_NAME && text.split('.').all(is_label);
    is_name.then(|| text.to_owned()).ok_or(ClientOptionError::HostName)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_names_are_bounded() {
        for good in ["PXEClient:Arch:00007:UNDI:003016", "a", "#[x];", &"c".repeat(254)] {
            assert_eq!(class(good), Ok(good.to_owned()));
        }
        for bad in ["", "two words", "q\"", "it's", "b\\", "%H", "line\n", "é", &"c".repeat(255)] {
            assert_eq!(class(bad), Err(ClientOptionError::Class), "{bad}");
        }
        let long = [["l".repeat(63).as_str(); 3].join("."), "m".repeat(61)].join(".");
        for good in ["node", "node-1.example.org", "1", &long] {
            assert_eq!(host_name(good), Ok(good.to_owned()));
        }
        for bad in ["", ".", "a..b", "a.", "-a", "a-", "a_b", "a b", "é", &"l".repeat(64), &format!("{long}n")] {
            assert_eq!(host_name(bad), Err(ClientOptionError::HostName), "{bad}");
        }
    }

    #[test]
    fn the_first_that_is_given_counts() {
        let named = |name: &str| ClientOptions { host_name: Some(name.to_owned()), ..ClientOptions::default() };
        let none = ClientOptions::default();
        assert_eq!(named("a").or(named("b")), named("a"));
        assert_eq!(none.clone().or(named("b")), named("b"));
        assert_eq!(none.with_table(Some("t")), named("t"));
        assert_eq!(named("a").with_table(Some("t")), named("a"));
        assert_eq!(none.with_table(Some("t\nx")), none);
    }
}

//! Parses NVMe Qualified Names (NVMe Base Specification, NVMe Qualified Names).

use crate::model::{DISCOVERY_NQN, Nqn, Uuid};
use core::str::FromStr as _;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::combinator::{map_opt, rest, verify};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser as _};

/// The form of an NQN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NqnForm<'a> {
    /// The well-known discovery NQN.
    Discovery,
    /// `nqn.2014-08.org.nvmexpress:uuid:` and a UUID.
    Uuid(Uuid),
    /// `nqn.yyyy-mm.`, a reversed domain, a colon, and a name.
    Domain {
        /// Year and month (1 to 12) in which the naming authority owned the domain.
        date: (u16, u8),
        /// The domain, reversed.
        domain: &'a str,
        /// The name after the colon.
        name: &'a str,
    },
}

/// Why a text is not an NQN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NqnError {
    /// It has this many bytes, more than 223; the kernel refuses it.
    #[error("it has {0} bytes; at most 223 are allowed")]
    Long(usize),
    /// It holds this comma, blank or control character, which the kernel's option string cannot carry.
    #[error("it holds {0:?}, which the kernel's option string cannot carry")]
    Character(char),
    /// It does not begin with `nqn.`, a year and a month.
    #[error("it does not begin with nqn.YYYY-MM.")]
    Date,
    /// The date is not followed by a reversed domain, a colon and a name.
    #[error("the date is not followed by a reversed domain, a colon and a name")]
    Domain,
    /// It has the prefix of the UUID form, but no UUID.
    #[error("nqn.2014-08.org.nvmexpress:uuid: is not followed by a UUID")]
    Uuid,
}

impl NqnError {
    /// Whether the kernel accepts such a name anyway: some targets have names without the specified form.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        matches!(self, Self::Date | Self::Domain | Self::Uuid)
    }
}

impl Nqn {
    /// Parses this name.
    ///
    /// # Errors
    ///
    /// If it is not an NQN; [`NqnError::is_usable`] says whether the kernel accepts it anyway.
    pub fn form(&self) -> Result<NqnForm<'_>, NqnError> {
        nqn_form(&self.0)
    }
}

/// Parses an NQN.
///
/// # Errors
///
/// If it is not an NQN; [`NqnError::is_usable`] says whether the kernel accepts it anyway.
pub fn nqn_form(text: &str) -> Result<NqnForm<'_>, NqnError> {
    if text.len() > Nqn::MAX_LEN {
        return Err(NqnError::Long(text.len()));
    }
    if let Some(c) = text.chars().find(|c| *c == ',' || c.is_whitespace() || c.is_control()) {
        return Err(NqnError::Character(c));
    }
    if text == DISCOVERY_NQN {
        return Ok(NqnForm::Discovery);
    }
    if let Some(uuid) = text.strip_prefix("nqn.2014-08.org.nvmexpress:uuid:") {
        return Uuid::from_str(uuid).map(NqnForm::Uuid).map_err(|_| NqnError::Uuid);
    }
    let (after_date, date) = date(text).map_err(|_| NqnError::Date)?;
    let (_, (domain, name)) = domain_and_name(after_date).map_err(|_| NqnError::Domain)?;
    Ok(NqnForm::Domain { date, domain, name })
}

fn date(input: &str) -> IResult<&str, (u16, u8)> {
    let digits = |count| take_while_m_n(count, count, |c: char| c.is_ascii_digit());
    let year = map_opt(digits(4), |year: &str| year.parse().ok());
    let month = verify(map_opt(digits(2), |month: &str| month.parse().ok()), |month| (1..=12).contains(month));
    preceded(tag("nqn."), (terminated(year, tag("-")), terminated(month, tag(".")))).parse(input)
}

fn domain_and_name(input: &str) -> IResult<&str, (&str, &str)> {
    let domain = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let domain = verify(domain, |domain: &str| domain.split('.').all(|label| !label.is_empty()));
    (terminated(domain, tag(":")), verify(rest, |name: &str| !name.is_empty())).parse(input)
}

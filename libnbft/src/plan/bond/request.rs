//! Parses the text by which a user requests a bond.

use super::settings::{BondMode, BondSettings, LacpRate, XmitHashPolicy, is_link_name};
use crate::codes::codes;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

/// A bond that the user requests: `NAME:PORT,PORT[:MODE[:OPTION=VALUE…]]`, as in `bond0:nbft0,nbft1:802.3ad:lacp_rate=fast`.
///
/// A port has the name that its interface has in a plan without the bond. The default mode is `active-backup`. Options are `miimon`,
/// `updelay`, `downdelay` (milliseconds), `lacp_rate` and `xmit_hash_policy`, with the kernel's values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BondRequest {
    /// Name of the bond.
    pub name: String,
    /// Names of its ports.
    pub ports: Vec<String>,
    /// The mode and options of the bond.
    pub settings: BondSettings,
}

/// Why a text is not a valid request for a bond.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BondError {
    /// The name is not valid for a link.
    #[error("{0:?} is no name for a bond")]
    Name(String),
    /// Fewer than two ports, or a port that is named twice.
    #[error("a bond has two ports or more, each once: NAME:PORT,PORT")]
    Ports,
    /// An unknown mode.
    #[error("{0:?} is no mode of a bond")]
    Mode(String),
    /// An unknown option, or an invalid value.
    #[error("{0:?} is no option of a bond with a value that it takes")]
    Setting(String),
}

codes!(BondError {
    Name => "bond-name-unusable",
    Ports => "bond-ports-unusable",
    Mode => "bond-mode-unknown",
    Setting => "bond-option-unknown",
});

impl FromStr for BondRequest {
    type Err = BondError;

    fn from_str(text: &str) -> Result<Self, BondError> {
        let mut parts = text.split(':');
        let name = parts
            .next()
            .filter(|name| is_link_name(name))
            .ok_or_else(|| BondError::Name(text.split(':').next().unwrap_or_default().into()))?;
        let ports: Vec<String> = parts.next().unwrap_or_default().split(',').map(String::from).collect();
        let repeated = |(number, port): (usize, &String)| ports.iter().take(number).any(|before| before == port);
        let usable = ports.len() >= 2 && ports.iter().all(|port| is_link_name(port) && port != name);
        if !usable || ports.iter().enumerate().any(repeated) {
            return Err(BondError::Ports);
        }
        let mut settings = BondSettings::default();
        if let Some(mode) = parts.next().filter(|mode| !mode.is_empty()) {
            settings.mode = BondMode::of(mode).ok_or_else(|| BondError::Mode(mode.into()))?;
        }
        for option in parts {
            set(&mut settings, option).ok_or_else(|| BondError::Setting(option.into()))?;
        }
        Ok(Self { name: name.into(), ports, settings })
    }
}

/// Sets `OPTION=VALUE`; `None` if the option or its value is invalid.
fn set(settings: &mut BondSettings, option: &str) -> Option<()> {
    let (name, value) = option.split_once('=')?;
    let milliseconds = || value.parse::<u32>().ok().filter(|time| *time <= 60_000);
    match name {
        "miimon" => settings.miimon = milliseconds().filter(|time| *time > 0)?,
        "updelay" => settings.updelay = Some(milliseconds()?),
        "downdelay" => settings.downdelay = Some(milliseconds()?),
        "lacp_rate" => settings.lacp_rate = Some(LacpRate::of(value)?),
        "xmit_hash_policy" => settings.xmit_hash_policy = Some(XmitHashPolicy::of(value)?),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    fn read(text: &str) -> Result<(String, Vec<String>, String), BondError> {
        let BondRequest { name, ports, settings } = text.parse()?;
        Ok((name, ports, settings.to_string()))
    }

    #[test]
    fn a_bond_has_a_name_ports_and_options() {
        let ports = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let two = || ports(&["nbft0", "nbft1"]);
        let plain = ("bond0".to_string(), two(), "mode=active-backup,miimon=100".to_string());
        assert_eq!(read("bond0:nbft0,nbft1"), Ok(plain.clone()));
        assert_eq!(read("bond0:nbft0,nbft1:"), Ok(plain.clone()));
        assert_eq!(read("bond0:nbft0,nbft1:1"), Ok(plain));
        let all =
            "root:nbft0,nbft1,nbft2:802.3ad:miimon=50:updelay=200:downdelay=0:lacp_rate=fast:xmit_hash_policy=layer3+4";
        let options = "mode=802.3ad,miimon=50,updelay=200,downdelay=0,lacp_rate=fast,xmit_hash_policy=layer3+4";
        assert_eq!(read(all), Ok(("root".into(), ports(&["nbft0", "nbft1", "nbft2"]), options.into())));
    }

    #[test]
    fn what_is_no_bond_says_which_part_is_wrong() {
        let cases = vec![
            ("", BondError::Name("".into())),
            ("a/b:nbft0,nbft1", BondError::Name("a/b".into())),
            ("sixteen-letters-:nbft0,nbft1", BondError::Name("sixteen-letters-".into())),
            ("bond0", BondError::Ports),
            ("bond0:nbft0", BondError::Ports),
            ("bond0:nbft0,nbft0", BondError::Ports),
            ("bond0:nbft0,bond0", BondError::Ports),
            ("bond0:nbft0,", BondError::Ports),
            ("bond0:nbft0,nbft1:fastest", BondError::Mode("fastest".into())),
            ("bond0:nbft0,nbft1:1:miimon=0", BondError::Setting("miimon=0".into())),
            ("bond0:nbft0,nbft1:1:lacp_rate", BondError::Setting("lacp_rate".into())),
            ("bond0:nbft0,nbft1:1:primary=nbft0", BondError::Setting("primary=nbft0".into())),
        ];
        for (text, error) in cases {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }
}

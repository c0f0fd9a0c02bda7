//! The option string that is written to /dev/nvme-fabrics.

use crate::nvme::discovery::DiscoveryConnection;
use crate::nvme::keys::{Secrets, Tls};
use libnbft::model::{DISCOVERY_NQN, Uuid};
use std::fmt::{self, Write};
use std::net::IpAddr;
use std::rc::Rc;
use zeroize::Zeroizing;

/// Seconds between two signs of life of a discovery controller that stays connected, as nvme-cli has it.
const KEEP_ALIVE_TMO: i32 = 30;

/// What a connection needs, all of it decided.
#[derive(Debug, Clone)]
pub struct Connection<'a> {
    /// Subsystem NQN.
    pub nqn: &'a str,
    /// Transport address.
    pub traddr: IpAddr,
    /// TCP port.
    pub trsvcid: u16,
    /// Host NQN.
    pub hostnqn: &'a str,
    /// Host ID.
    pub hostid: Uuid,
    /// Source address.
    pub host_traddr: Option<IpAddr>,
    /// Interface, by the name that it has now.
    pub host_iface: Option<&'a str>,
    /// PDU header digest.
    pub hdr_digest: bool,
    /// Data digest.
    pub data_digest: bool,
    /// Seconds after which a lost controller is given up; negative: never.
    pub ctrl_loss_tmo: i32,
    /// The secrets by which it authenticates.
    pub secrets: Option<Rc<Secrets>>,
    /// The key by which it is secured with TLS.
    pub tls: Option<Tls>,
}

/// An option string. It is wiped from memory when it goes, and shows `***` in the place of each secret.
pub struct OptionString {
    text: Zeroizing<String>,
    shown: String,
}

impl OptionString {
    fn new(public: String, secrets: &[(&'static str, &str)]) -> Self {
        // At its full length at once: a text that grows leaves copies behind.
        let length = public.len() + secrets.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
        let (mut text, mut shown) = (Zeroizing::new(String::with_capacity(length)), public.clone());
        text.push_str(&public);
        for (name, value) in secrets {
            for part in [",", name, "=", value] {
                text.push_str(part);
            }
            let _ = write!(shown, ",{name}=***");
        }
        Self { text, shown }
    }

    /// The string itself, for the kernel.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for OptionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for OptionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

/// A value that cannot be passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// The kernel splits options at commas and lines.
    #[error("{option} “{value}” holds a character that would end the option")]
    Unsafe {
        /// Name of the option.
        option: &'static str,
        /// The value.
        value: String,
    },
    /// A required option is not in the kernel's list.
    #[error("this kernel does not know the option {0}, which the table requires")]
    Unknown(&'static str),
    /// There is a secret, and the kernel has no use for it.
    #[error(
        "this kernel cannot authenticate: it does not know the option {0} (it needs CONFIG_NVME_HOST_AUTH, from Linux 6.0 on)"
    )]
    NoAuthentication(&'static str),
    /// TLS is wanted, and the kernel has none.
    #[error(
        "this kernel cannot do TLS: it does not know the option {0} (it needs CONFIG_NVME_TCP_TLS, from Linux 6.7 on)"
    )]
    NoTls(&'static str),
}

/// The option by which authentication makes the key for TLS (Linux 6.15 and later).
pub const CONCATENATION: &str = "concat";

/// The options of TLS.
const TLS: [&str; 2] = ["tls", "tls_key"];

/// The options that the kernel lists when /dev/nvme-fabrics is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supported(Option<Vec<String>>);

impl Supported {
    /// From what was read; kernels before 5.17 give no list, and then all is assumed to be known.
    #[must_use]
    pub fn from_list(list: &str) -> Self {
        let names: Vec<String> = list
            .trim()
            .split(',')
            .filter_map(|option| option.split('=').next())
            .filter(|name| !name.is_empty() && !matches!(*name, "instance" | "cntlid"))
            .map(str::to_owned)
            .collect();
        Self(names.iter().any(|name| name == "transport").then_some(names))
    }

    /// Whether the kernel says itself that it knows `option`. A kernel that does not know one logs it, value and all: no secret
    /// is given to one that has not said so.
    #[must_use]
    pub fn lists(&self, option: &str) -> bool {
        self.0.is_some() && self.knows(option)
    }

    /// Whether the kernel can do TLS with a key that it is told.
    ///
    /// # Errors
    ///
    /// The option that it does not list.
    pub fn tls(&self) -> Result<(), OptionError> {
        TLS.into_iter().find(|option| !self.lists(option)).map_or(Ok(()), |option| Err(OptionError::NoTls(option)))
    }

    /// Whether the kernel knows `option`.
    #[must_use]
    pub fn knows(&self, option: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.iter().any(|name| name == option))
    }
}

impl Connection<'_> {
    /// The option string. Optional extras that the kernel does not know are left out; what the table requires is an error.
    ///
    /// # Errors
    ///
    /// [`OptionError`]: nothing is written then.
    pub fn options(&self, supported: &Supported) -> Result<OptionString, OptionError> {
        let mut text = self.way(supported)?;
        for (wanted, option) in [(self.hdr_digest, "hdr_digest"), (self.data_digest, "data_digest")] {
            if wanted && !supported.knows(option) {
                return Err(OptionError::Unknown(option));
            }
            if wanted {
                let _ = write!(text, ",{option}");
            }
        }
        if supported.knows("ctrl_loss_tmo") {
            let _ = write!(text, ",ctrl_loss_tmo={}", self.ctrl_loss_tmo);
        }
        self.secured(text, supported)
    }

    /// The option string for a discovery controller that is to be connected. One that is asked once and closed has no I/O queues,
    /// and needs neither a keep-alive nor to be kept for the life of the machine; a lasting one tells when what it has to tell
    /// changes.
    ///
    /// # Errors
    ///
    /// As [`Connection::options`].
    pub fn discovery_options(
        &self,
        supported: &Supported,
        kind: DiscoveryConnection,
    ) -> Result<OptionString, OptionError> {
        let mut text = self.way(supported)?;
        // By the well-known name the kernel knows what it is.
        if self.nqn != DISCOVERY_NQN {
            if !supported.knows("discovery") {
                return Err(OptionError::Unknown("discovery"));
            }
            text.push_str(",discovery");
        }
        // Without keep_alive_tmo, Linux sends it no keep-alive, and it would be thrown out.
        let lasting = [("keep_alive_tmo", KEEP_ALIVE_TMO), ("ctrl_loss_tmo", self.ctrl_loss_tmo)];
        for (option, value) in
            lasting.iter().filter(|(option, _)| kind == DiscoveryConnection::Persistent && supported.knows(option))
        {
            let _ = write!(text, ",{option}={value}");
        }
        self.secured(text, supported)
    }

    /// With TLS and the secrets. The key lies in the keyring that the kernel looks into by itself.
    fn secured(&self, mut text: String, supported: &Supported) -> Result<OptionString, OptionError> {
        match &self.tls {
            None => {}
            Some(Tls::Psk(key)) => {
                supported.tls()?;
                let _ = write!(text, ",tls,tls_key={}", key.serial);
            }
            Some(Tls::Concatenation) if supported.lists(CONCATENATION) => {
                let _ = write!(text, ",{CONCATENATION}");
            }
            Some(Tls::Concatenation) => return Err(OptionError::NoTls(CONCATENATION)),
        }
        let mut secrets = Vec::new();
        if let Some(given) = &self.secrets {
            secrets.push(("dhchap_secret", given.host.expose()));
            secrets.extend(given.controller.as_ref().map(|secret| ("dhchap_ctrl_secret", secret.expose())));
        }
        match secrets.iter().find(|(name, _)| !supported.lists(name)) {
            Some((name, _)) => Err(OptionError::NoAuthentication(name)),
            None => Ok(OptionString::new(text, &secrets)),
        }
    }

    /// Who connects to whom, and by which way.
    fn way(&self, supported: &Supported) -> Result<String, OptionError> {
        let mut text = format!(
            "nqn={},transport=tcp,traddr={},trsvcid={}",
            safe("nqn", self.nqn)?,
            self.scoped(self.traddr),
            self.trsvcid
        );
        // Writing to a String cannot fail.
        let _ = write!(text, ",hostnqn={},hostid={}", safe("hostnqn", self.hostnqn)?, self.hostid);
        if let Some(address) = self.host_traddr {
            let _ = write!(text, ",host_traddr={}", self.scoped(address));
        }
        if let Some(name) = self.host_iface.filter(|_| supported.knows("host_iface")) {
            let _ = write!(text, ",host_iface={}", safe("host_iface", name)?);
        }
        Ok(text)
    }

    /// A link-local address means something on its interface only.
    fn scoped(&self, address: IpAddr) -> String {
        match (address, self.host_iface) {
            (IpAddr::V6(v6), Some(name)) if v6.is_unicast_link_local() => format!("{v6}%{name}"),
            _ => address.to_string(),
        }
    }
}

fn safe<'a>(option: &'static str, value: &'a str) -> Result<&'a str, OptionError> {
    let harmful = |c: char| c == ',' || c.is_control() || c.is_whitespace();
    if value.is_empty() || value.chars().any(harmful) {
        return Err(OptionError::Unsafe { option, value: value.to_owned() });
    }
    Ok(value)
}

#[cfg(test)]
mod tests;

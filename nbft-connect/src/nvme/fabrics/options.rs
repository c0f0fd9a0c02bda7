//! Makes the option strings for /dev/nvme-fabrics.

use crate::nvme::discovery::DiscoveryConnection;
use crate::nvme::keys::{Secrets, Tls};
use crate::tunables::{Tunable, Tunables};
use libnbft::model::{DISCOVERY_NQN, Uuid};
use std::fmt::{self, Write};
use std::net::IpAddr;
use std::rc::Rc;
use zeroize::Zeroizing;

/// The keep-alive interval of a persistent discovery controller, in seconds, as in nvme-cli.
const KEEP_ALIVE_TMO: i32 = 30;

/// Root connections never give up, unless told otherwise.
const CTRL_LOSS_TMO: i32 = -1;

/// What a discovery controller can be given if it stays connected: it has no I/O queues.
const OF_PERSISTENT: [Tunable; 2] = [Tunable::ReconnectDelay, Tunable::Tos];

/// The parameters of a connection.
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
    /// The current name of its interface.
    pub host_iface: Option<&'a str>,
    /// Whether the connection is bound to the interface, beside the address.
    pub bind_iface: bool,
    /// PDU header digest.
    pub hdr_digest: bool,
    /// Data digest.
    pub data_digest: bool,
    /// Its queues and timeouts.
    pub tunables: Tunables,
    /// The secrets for authentication.
    pub secrets: Option<Rc<Secrets>>,
    /// The TLS channel.
    pub tls: Option<Tls>,
}

/// An option string. Dropping it wipes it from memory; `Display` and `Debug` show `***` for each secret.
pub struct OptionString {
    text: Zeroizing<String>,
    shown: String,
}

impl OptionString {
    fn new(public: String, secrets: &[(&'static str, &str)]) -> Self {
        // Allocated at full length: a growing text would leave copies of secrets behind.
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

/// Why a connection has no option string.
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
    /// There is a secret, and the kernel cannot authenticate.
    #[error(
        "this kernel cannot authenticate: it does not know the option {0} (it needs CONFIG_NVME_HOST_AUTH, from Linux 6.0 on)"
    )]
    NoAuthentication(&'static str),
    /// TLS is needed, and the kernel cannot do it.
    #[error(
        "this kernel cannot do TLS: it does not know the option {0} (it needs CONFIG_NVME_TCP_TLS, from Linux 6.7 on)"
    )]
    NoTls(&'static str),
}

/// The option for secure concatenation: authentication makes the key for TLS (Linux 6.15 and later).
pub const CONCATENATION: &str = "concat";

/// The options for TLS with a PSK.
const TLS: [&str; 2] = ["tls", "tls_key"];

/// The options that the kernel lists in /dev/nvme-fabrics; `None`: it gives no list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supported(Option<Vec<String>>);

impl Supported {
    /// Reads the list. Kernels before 5.17 give none; then all options count as supported.
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

    /// Whether the kernel's list has `option`. A kernel that does not support an option logs it with its value, so secrets need
    /// this check.
    #[must_use]
    pub fn lists(&self, option: &str) -> bool {
        self.0.is_some() && self.knows(option)
    }

    /// Checks that the kernel supports TLS with a given key.
    ///
    /// # Errors
    ///
    /// The option that it does not list.
    pub fn tls(&self) -> Result<(), OptionError> {
        TLS.into_iter().find(|option| !self.lists(option)).map_or(Ok(()), |option| Err(OptionError::NoTls(option)))
    }

    /// Whether the kernel supports `option`, as far as is known.
    #[must_use]
    pub fn knows(&self, option: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.iter().any(|name| name == option))
    }
}

impl Connection<'_> {
    /// The option string for a subsystem. If the kernel does not support an option, the option is left out, unless the table requires it.
    ///
    /// # Errors
    ///
    /// [`OptionError`].
    pub fn options(&self, supported: &Supported) -> Result<OptionString, OptionError> {
        let mut text = self.address(supported)?;
        for (required, option) in [(self.hdr_digest, "hdr_digest"), (self.data_digest, "data_digest")] {
            if required && !supported.knows(option) {
                return Err(OptionError::Unknown(option));
            }
            if required {
                let _ = write!(text, ",{option}");
            }
        }
        if supported.knows("ctrl_loss_tmo") {
            let _ = write!(text, ",ctrl_loss_tmo={}", self.ctrl_loss_tmo());
        }
        self.add_tunables(&mut text, supported, |tunable| tunable != Tunable::CtrlLossTmo);
        self.add_security(text, supported)
    }

    fn ctrl_loss_tmo(&self) -> i32 {
        self.tunables.get(Tunable::CtrlLossTmo).unwrap_or(CTRL_LOSS_TMO)
    }

    /// Adds the settings that are meant and that the kernel lists: one that it does not know costs the connection.
    fn add_tunables(&self, text: &mut String, supported: &Supported, is_meant: impl Fn(Tunable) -> bool) {
        for (tunable, value) in self.tunables.iter() {
            if is_meant(tunable) && supported.lists(tunable.name()) {
                let _ = write!(text, ",{tunable}={value}");
            }
        }
    }

    /// The option string for a discovery controller, which has no I/O queues. A transient one needs neither a keep-alive nor
    /// reconnection. A persistent one needs both, and reports changes of its log page.
    ///
    /// # Errors
    ///
    /// Like [`Connection::options`].
    pub fn discovery_options(
        &self,
        supported: &Supported,
        connection: DiscoveryConnection,
    ) -> Result<OptionString, OptionError> {
        let mut text = self.address(supported)?;
        // The kernel recognizes the well-known NQN by itself.
        if self.nqn != DISCOVERY_NQN {
            if !supported.knows("discovery") {
                return Err(OptionError::Unknown("discovery"));
            }
            text.push_str(",discovery");
        }
        if connection == DiscoveryConnection::Persistent {
            // Without keep_alive_tmo, Linux sends no keep-alive, and the controller would end the connection.
            let keep_alive_tmo = self.tunables.get(Tunable::KeepAliveTmo).filter(|seconds| *seconds > 0);
            let options = [
                (Tunable::KeepAliveTmo, keep_alive_tmo.unwrap_or(KEEP_ALIVE_TMO)),
                (Tunable::CtrlLossTmo, self.ctrl_loss_tmo()),
            ];
            for (option, value) in options.iter().filter(|(option, _)| supported.knows(option.name())) {
                let _ = write!(text, ",{option}={value}");
            }
            self.add_tunables(&mut text, supported, |tunable| OF_PERSISTENT.contains(&tunable));
        } else {
            self.add_tunables(&mut text, supported, |tunable| tunable == Tunable::Tos);
        }
        self.add_security(text, supported)
    }

    /// Adds TLS and the secrets. The kernel finds the TLS key in its keyring by serial number.
    fn add_security(&self, mut text: String, supported: &Supported) -> Result<OptionString, OptionError> {
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
        if let Some(pair) = &self.secrets {
            secrets.push(("dhchap_secret", pair.host.expose()));
            secrets.extend(pair.controller.as_ref().map(|secret| ("dhchap_ctrl_secret", secret.expose())));
        }
        match secrets.iter().find(|(name, _)| !supported.lists(name)) {
            Some((name, _)) => Err(OptionError::NoAuthentication(name)),
            None => Ok(OptionString::new(text, &secrets)),
        }
    }

    /// The options for both ends of the connection.
    fn address(&self, supported: &Supported) -> Result<String, OptionError> {
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
        if let Some(name) = self.host_iface.filter(|_| self.bind_iface && supported.knows("host_iface")) {
            let _ = write!(text, ",host_iface={}", safe("host_iface", name)?);
        }
        Ok(text)
    }

    /// An address, with its interface if it is link-local.
    fn scoped(&self, address: IpAddr) -> String {
        match (address, self.host_iface) {
            (IpAddr::V6(v6), Some(name)) if v6.is_unicast_link_local() => format!("{v6}%{name}"),
            _ => address.to_string(),
        }
    }
}

fn safe<'a>(option: &'static str, value: &'a str) -> Result<&'a str, OptionError> {
    let ends_option = |c: char| c == ',' || c.is_control() || c.is_whitespace();
    if value.is_empty() || value.chars().any(ends_option) {
        return Err(OptionError::Unsafe { option, value: value.to_owned() });
    }
    Ok(value)
}

#[cfg(test)]
mod tests;

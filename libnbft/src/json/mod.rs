//! Converts a table to the JSON that `nbft show -o json` prints and `nbft build` reads, and back (feature `serde`).
//!
//! The JSON has the keys and values of `nvme nbft show -o json`. Further keys hold the rest of the model, so that nothing is lost:
//! model → JSON → model is the identity. nbft-show(1) and `schema/nbft-show.schema.json` explain each key.
//!
//! Three rules hold everywhere:
//!
//! * Each flag is a key, 0 or 1. Bits without a name go into `reserved_flags`, which is left out if it is 0. `valid` is left out
//!   if it is 1.
//! * If a flag puts a value out of use, a key ending in `_stored` has the value. The key without the ending has the empty value
//!   that nvme-cli prints.
//! * A missing key stands for the value that a writer would choose. A misspelt or contradictory key is an error.
//!
//! ```
//! # #[cfg(feature = "write")] {
//! let text = r#"{"hfi": [{"index": 1, "mac_addr": "52:54:00:00:0a:02", "ipaddr": "192.0.2.2"}]}"#;
//! let json: libnbft::json::Table = serde_json::from_str(text)?;
//! let table = libnbft::model::Table::try_from(&json)?;
//! let bytes = libnbft::write(&table)?;
//!
//! let shown = libnbft::json::Table::from(&libnbft::parse(&bytes)?.table);
//! assert!(serde_json::to_string(&shown)?.contains("192.0.2.2"));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod discovery;
mod duid;
mod duid_type;
mod error;
mod header;
mod hfi;
mod host;
#[cfg(feature = "schema")]
mod schema;
mod security;
mod ssns;
mod ssns_ext;
#[cfg(test)]
mod tests;
mod values;

pub use discovery::Discovery;
pub use duid_type::DuidType;
pub use error::JsonError;
pub use header::{Control, Header};
pub use hfi::{Hfi, HfiExt};
pub use host::Host;
pub use security::SecurityProfile;
pub use ssns::Ssns;
pub use ssns_ext::SsnsExt;
pub use values::{Bit, Fixed, IpText, Transport, Word, Words};

use crate::model;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A table. With -s, -H or -d, header, control, security and the lists that were not asked for are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "table", extend("required" = ["filename"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Table {
    /// The file that was read. Ignored by nbft build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The ACPI header and the fields that follow it (bytes 0-63).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The control descriptor without its lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// The host descriptor. Left out when the table has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
    /// SSNS descriptors in the order of their list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subsystem: Option<Vec<Ssns>>,
    /// HFI descriptors in the order of their list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hfi: Option<Vec<Hfi>>,
    /// Discovery descriptors in the order of their list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Vec<Discovery>>,
    /// Security profiles in the order of their list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Vec<SecurityProfile>>,
}

impl From<&model::Table> for Table {
    fn from(table: &model::Table) -> Self {
        Self {
            filename: None,
            header: Some(Header::from(&table.header)),
            control: Some(Control::from(&table.control)),
            host: table.host.as_ref().map(Host::from),
            subsystem: Some(table.ssns.iter().map(|ssns| Ssns::new(ssns, table)).collect()),
            hfi: Some(table.hfis.iter().map(Hfi::from).collect()),
            discovery: Some(table.discovery.iter().map(Discovery::from).collect()),
            security: Some(table.security.iter().map(SecurityProfile::from).collect()),
        }
    }
}

impl TryFrom<&Table> for model::Table {
    type Error = JsonError;

    fn try_from(json: &Table) -> Result<Self, JsonError> {
        let mut table = Self {
            header: model::Header::default(),
            control: model::Control::default(),
            host: json.host.as_ref().map(Host::model),
            hfis: read_list("hfi", json.hfi.as_deref(), Hfi::model)?,
            ssns: read_list("subsystem", json.subsystem.as_deref(), Ssns::model)?,
            security: read_list("security", json.security.as_deref(), |profile| Ok(profile.model()))?,
            discovery: read_list("discovery", json.discovery.as_deref(), |discovery| Ok(discovery.model()))?,
        };
        let minor = u8::from(needs_minor_1(&table));
        table.header = json.header.clone().unwrap_or_default().model(minor);
        table.control = json.control.clone().unwrap_or_default().model(table.header.minor);
        check::agrees(json, &Table::from(&table))?;
        Ok(table)
    }
}

/// Converts each element of a list; an error names the element.
fn read_list<J, M>(
    list: &str,
    elements: Option<&[J]>,
    read: impl Fn(&J) -> Result<M, JsonError>,
) -> Result<Vec<M>, JsonError> {
    let read_one = |(n, element)| read(element).map_err(|error| error.within(&element_name(list, n)));
    elements.unwrap_or_default().iter().enumerate().map(read_one).collect()
}

/// Names an element of a list in an error: by its position, since its index may be missing or wrong.
fn element_name(list: &str, n: usize) -> String {
    let mut name = list.to_string();
    name.push('[');
    name.push_str(&n.to_string());
    name.push(']');
    name
}

/// Whether the table has anything that came with specification 1.1.
fn needs_minor_1(table: &model::Table) -> bool {
    let newer_hfi = |tcp: &model::HfiTcp| tcp.info_version >= 2;
    table.hfis.iter().filter_map(|hfi| hfi.tcp.as_ref()).any(newer_hfi)
        || table.ssns.iter().filter_map(|ssns| ssns.ext.as_ref()).any(|ext| ext.diagnostics.is_some())
}

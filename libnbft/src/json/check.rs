//! Refuses JSON that contradicts itself: some values occur twice, once as nvme-cli prints them and once in full.

use super::{Hfi, JsonError, Ssns, Table, element_name};
use alloc::format;
use alloc::string::String;
use core::fmt::Debug;

/// Fails if a key of `given` contradicts `derived`, the value that the other keys make.
pub(super) fn agrees(given: &Table, derived: &Table) -> Result<(), JsonError> {
    each("hfi", given.hfi.as_deref(), derived.hfi.as_deref(), hfi)?;
    each("subsystem", given.subsystem.as_deref(), derived.subsystem.as_deref(), ssns)
}

fn each<T>(
    list: &str,
    given: Option<&[T]>,
    derived: Option<&[T]>,
    agrees: impl Fn(&T, &T) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    let pairs = given.unwrap_or_default().iter().zip(derived.unwrap_or_default());
    for (n, (given, derived)) in pairs.enumerate() {
        agrees(given, derived).map_err(|error| error.within(&element_name(list, n)))?;
    }
    Ok(())
}

/// Fails if a key is there and does not have the derived value.
fn same<T: PartialEq + Debug>(key: &str, given: &Option<T>, derived: &Option<T>) -> Result<(), JsonError> {
    match (given, derived) {
        (Some(given), Some(derived)) if given != derived => {
            Err(JsonError::new(key, format!("{given:?} contradicts the other keys, which mean {derived:?}")))
        }
        (Some(given), None) => Err(JsonError::new(key, format!("{given:?} has no place beside the other keys"))),
        _ => Ok(()),
    }
}

fn hfi(given: &Hfi, derived: &Hfi) -> Result<(), JsonError> {
    same("transport", &given.transport, &derived.transport)?;
    // Our own `pcidev` has no segment; another's may have one and must then be right.
    let pcidev = given.pcidev.as_ref().filter(|text| derived.pci_address != text.parse().ok()).cloned();
    same("pcidev", &pcidev, &derived.pcidev)?;
    same("pci_address", &given.pci_address, &derived.pci_address)?;
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_lowercase());
    same("dhcp_duid_type", &given.dhcp_duid_type, &derived.dhcp_duid_type)?;
    same("dhcp_duid_hwtype", &given.dhcp_duid_hwtype, &derived.dhcp_duid_hwtype)?;
    same("dhcp_duid_time", &given.dhcp_duid_time, &derived.dhcp_duid_time)?;
    same("dhcp_duid_lladdr", &lower(&given.dhcp_duid_lladdr), &derived.dhcp_duid_lladdr)?;
    same("dhcp_duid_enterprise", &given.dhcp_duid_enterprise, &derived.dhcp_duid_enterprise)?;
    same("dhcp_duid_id", &lower(&given.dhcp_duid_id), &derived.dhcp_duid_id)?;
    same("dhcp_duid_uuid", &lower(&given.dhcp_duid_uuid), &derived.dhcp_duid_uuid)?;
    same("dhcp_duid_raw", &lower(&given.dhcp_duid_raw), &derived.dhcp_duid_raw)
}

fn ssns(given: &Ssns, derived: &Ssns) -> Result<(), JsonError> {
    same("transport", &given.transport, &derived.transport)?;
    same("hfis", &given.hfis, &derived.hfis)?;
    same("num_hfis", &given.num_hfis, &derived.num_hfis)?;
    same("unavailable", &given.unavailable, &derived.unavailable)?;
    same("nid_type", &given.nid_type, &derived.nid_type)?;
    same("nid_type_code", &given.nid_type_code, &derived.nid_type_code)?;
    same("nid", &given.nid.as_ref().map(|nid| nid.to_ascii_lowercase()), &derived.nid)?;
    // Keys that nvme-cli does not read are in a separate object now; older versions wrote them beside the others.
    let inner = derived.extended_info.as_ref();
    let root_path = inner.and_then(|inner| inner.dhcp_root_path_string.clone());
    let root_path = root_path.or_else(|| derived.dhcp_root_path_string.clone());
    if inner.is_none_or(|inner| inner.asqsz.is_none()) {
        same("asqsz", &Some(given.asqsz), &Some(derived.asqsz))?;
    }
    same("dhcp_root_path_string", &given.dhcp_root_path_string, &root_path)?;
    same("dhcp_root_path_stored", &given.dhcp_root_path_stored, &root_path)
}

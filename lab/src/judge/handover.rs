//! Checks the interfaces beside a network manager: it runs, it lists them, and it left them unchanged.

use super::exports;
use super::report::Report;
use crate::image::exports::files;
use crate::scenario::{Expect, Handover};
use crate::tools::error::Result;
use crate::tools::place::Place;

/// The complaints about the handover.
pub(super) fn judge(place: &Place, wanted: &Handover, expect: &Expect, report: &Report) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let manager = report.all("manager").first().map_or("", String::as_str);
    if manager != wanted.unit {
        complaints.push(format!("the network manager that runs is {manager:?}, not {}", wanted.unit));
    }
    for (interface, state) in &wanted.states {
        let found = state_of(report, interface);
        if found.as_deref() != Some(state) {
            complaints.push(format!("{manager} says of {interface} {found:?}, not {state:?}"));
        }
    }
    match report.status("load") {
        Some(0) => {}
        other => complaints.push(format!("reading the root: {other:?}: {}", report.block("load").join("; "))),
    }
    if !report.block("monitor").iter().any(|line| line.contains("127.0.0.9")) {
        complaints.push("nobody has watched the addresses".to_owned());
    }
    let addresses = expect.addresses.iter().flat_map(|(name, all)| all.iter().map(move |address| (name, address)));
    for (interface, address) in addresses {
        let taken = |line: &&String| line.starts_with("[ADDR]Deleted") || line.starts_with("Deleted");
        let of = |line: &&String| line.contains(&format!(" {interface} ")) && line.contains(&format!(" {address} "));
        complaints.extend(report.block("monitor").iter().filter(taken).filter(of).map(|line| format!("taken: {line}")));
    }
    for interface in expect.addresses.keys() {
        let of = |line: &&String| line.contains(&format!(" {interface}: <"));
        let down = |line: &&String| line.contains("NO-CARRIER") || !line.contains(",UP");
        complaints.extend(report.block("monitor").iter().filter(of).filter(down).map(|line| format!("down: {line}")));
    }
    for word in ["I/O error", "starting error recovery", "Reconnecting in"] {
        complaints.extend(report.block("kernel").iter().filter(|line| line.contains(word)).cloned());
    }
    // A network manager's complaints about unreadable files name the file; only those of nbft count.
    complaints.extend(report.block("complaints").iter().filter(|line| line.contains("nbft")).cloned());
    let format = if wanted.unit == "NetworkManager" { "networkmanager" } else { "networkd" };
    complaints.extend(exports::judge(&wanted.unit, &files(place, format)?, report));
    Ok(complaints)
}

/// The manager's state of an interface. `networkctl` lists index, name, type, operational and administrative state; `nmcli -t` name and
/// state.
fn state_of(report: &Report, interface: &str) -> Option<String> {
    let networkctl = report.block("networkctl").iter().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (words.get(1) == Some(&interface)).then(|| words.last().map(|state| (*state).to_owned()))?
    });
    let nmcli = || {
        report.block("nmcli").iter().find_map(|line| {
            let (name, state) = line.split_once(':')?;
            (name == interface).then(|| state.to_owned())
        })
    };
    match report.all("manager").first().map(String::as_str) {
        Some("NetworkManager") => nmcli(),
        _ => networkctl,
    }
}

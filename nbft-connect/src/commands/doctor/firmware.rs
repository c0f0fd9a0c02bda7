//! Describes how firmware's own attempts went, as the table reports them.

use super::model::Firmware;
use crate::commands::show::advice;
use crate::input::plan::Tables;
use libnbft::plan::Origin;

/// The diagnostics of these entries, of each that has any.
pub(super) fn of(tables: &Tables, origins: &[Origin]) -> Vec<Firmware> {
    origins.iter().filter_map(|origin| of_entry(tables, origin)).collect()
}

fn of_entry(tables: &Tables, origin: &Origin) -> Option<Firmware> {
    let (_, table) = tables.tables.iter().find(|(name, _)| *name == origin.table)?;
    let ssns = table.ssns.iter().find(|ssns| ssns.index == origin.index)?;
    let said = ssns.ext.as_ref()?.diagnostics?;
    let mut codes = Vec::new();
    for (name, code, words) in [
        ("NAED", said.naed.0, said.naed.to_string()),
        ("CIPEEC", said.cipeec.0, said.cipeec.to_string()),
        ("NCEEC", said.nceec.0, said.nceec.to_string()),
    ] {
        if code != 0 {
            codes.push(format!("{words} ({name} {code:#x})"));
        }
    }
    // The most specific reason first.
    let advice = advice::nceec(said.nceec).or(advice::cipeec(said.cipeec)).or(advice::naed(said.naed));
    let ssns = format!("{} SSNS {}", origin.table, origin.index);
    (!codes.is_empty()).then_some(Firmware { ssns, codes, advice })
}

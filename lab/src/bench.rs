//! What booting over NVMe/TCP costs: the same root in the same machine, from a local disk, the stock way and ours.

use crate::boot::{self, Images};
use crate::error::{At, Error, Result};
use crate::image::initrd::{Init, Way};
use crate::place::Place;
use crate::scenario::{Expect, Outcome, Scenario};
use crate::signals;
use crate::stats::{Spread, spread};
use std::fmt::Write as _;
use std::fs;

/// One of those that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Local,
    Stock,
    Ours,
    WithoutTables,
    WithTables,
}

impl Variant {
    /// What is compared: with root on the target, the ways to it; with a local root, what the tables make worse.
    const fn all(base: &Scenario) -> &'static [Self] {
        if base.local { &[Self::WithoutTables, Self::WithTables] } else { &[Self::Local, Self::Stock, Self::Ours] }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Local => "local disk",
            Self::Stock => "stock way",
            Self::Ours => "nbft",
            Self::WithoutTables => "no NBFT",
            Self::WithTables => "with its tables",
        }
    }

    /// The scenario with this variant's initramfs and disk; the machine, its NICs and its tables are the same.
    fn scenario(self, base: &Scenario) -> Scenario {
        let mut scenario = base.clone();
        (scenario.local, scenario.way) = match self {
            Self::Local => (true, Way::Local),
            Self::Stock => (false, Way::Stock),
            Self::Ours => (false, Way::Nbft),
            Self::WithoutTables | Self::WithTables => (true, Way::Nbft),
        };
        if self == Self::WithoutTables {
            scenario.tables.clear();
        }
        // Only where root lies is judged: details are the scenarios' business.
        scenario.expect = Expect::outcome(Outcome::Boots);
        scenario
    }
}

/// What is measured in one boot; seconds from /init, but for the totals.
const MEASURES: [&str; 6] = [
    "/init to controller connected",
    "/init to root mounted",
    "/init to switch_root",
    "QEMU start to /sbin/init",
    "processes spawned",
    "initramfs, MiB less modules",
];

#[derive(Debug)]
struct Series {
    init: Init,
    variant: Variant,
    scenario: Scenario,
    images: Images,
    figures: [Vec<f64>; MEASURES.len()],
}

/// Boots each variant `rounds` times, in turn, and prints what came of it.
pub fn run(place: &Place, base: &Scenario, rounds: u32, kinds: &[Init]) -> Result<bool> {
    let mut series = Vec::new();
    for init in kinds.iter().copied() {
        for variant in Variant::all(base).iter().copied() {
            let scenario = variant.scenario(base);
            let images = boot::images(place, &scenario, init, scenario.way)?;
            series.push(Series { init, variant, scenario, images, figures: Default::default() });
        }
    }
    let dir = boot::run_dir(place, &format!("bench-{}", base.name))?;
    // One target for all: what it costs the machine is the same for each.
    let _target = match (series.first(), &base.target) {
        (Some(first), Some(_)) => Some(boot::start_target(place, base, &first.images, &dir, false)?),
        _ => None,
    };
    let mut failed = 0;
    for round in 1..=rounds {
        for one in &mut series {
            signals::check()?;
            match measure(place, one, &dir) {
                Ok(figures) => {
                    for (list, figure) in one.figures.iter_mut().zip(figures) {
                        list.extend(figure);
                    }
                }
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                Err(error) => {
                    failed += 1;
                    println!("round {round}, {} ({}): {error}", one.variant.name(), one.init.name());
                }
            }
        }
        println!("round {round} of {rounds}");
    }
    let text = table(&series, kinds, Variant::all(base));
    println!("\n{text}");
    let path = dir.join("table.txt");
    fs::write(&path, &text).at(&path)?;
    Ok(failed == 0)
}

fn measure(place: &Place, one: &Series, dir: &std::path::Path) -> Result<[Option<f64>; MEASURES.len()]> {
    let (report, complaints) = boot::measure(place, &one.scenario, one.init, &one.images, dir)?;
    if let Some(complaint) = complaints.first() {
        return Err(Error::Vm(complaint.clone()));
    }
    let times = crate::timeline::Timeline::of(&report);
    let from_init = |time: Option<f64>| Some(time? - times.init?);
    Ok([
        from_init(times.connected).filter(|_| !one.scenario.local),
        from_init(times.mounted),
        from_init(Some(times.root)),
        Some(times.total()),
        times.processes,
        Some(one.images.plain_size() as f64 / f64::from(1 << 20)),
    ])
}

fn table(series: &[Series], kinds: &[Init], variants: &[Variant]) -> String {
    let mut out = String::new();
    for init in kinds {
        let of = |variant: Variant, measure: usize| -> Option<Spread> {
            let one = series.iter().find(|one| one.init == *init && one.variant == variant)?;
            spread(one.figures.get(measure)?)
        };
        let _ = writeln!(out, "{} initramfs: medians (quartiles)", init.name());
        let heads: String = variants.iter().map(|variant| format!("{:>28}", variant.name())).collect();
        let _ = writeln!(out, "  {:<30}{heads}   {}", "", ratios(variants));
        for (number, measure) in MEASURES.iter().enumerate() {
            let spreads: Vec<Option<Spread>> = variants.iter().map(|variant| of(*variant, number)).collect();
            let cells: String = spreads
                .iter()
                .map(|spread| format!("{:>28}", spread.map_or_else(|| "-".to_owned(), |spread| spread.to_string())))
                .collect();
            let medians: Vec<Option<f64>> = spreads.iter().map(|spread| spread.map(|spread| spread.median)).collect();
            let _ = writeln!(out, "  {measure:<30}{cells}   {}", compare(&medians));
        }
    }
    out
}

const fn ratios(variants: &[Variant]) -> &'static str {
    if variants.len() == 3 { "nbft : stock | more than local: stock, nbft, nbft : stock" } else { "with : without" }
}

/// Ratios of the medians: the last to the one before it, and, of three, what they are above the first.
fn compare(medians: &[Option<f64>]) -> String {
    match medians {
        [_, Some(stock), Some(ours)] if medians[0].is_none() => format!("{:.2}", ours / stock),
        [Some(local), Some(stock), Some(ours)] => {
            let over = (stock - local, ours - local);
            format!("{:.2} | {:.2}, {:.2}, {:.2}", ours / stock, over.0, over.1, over.1 / over.0)
        }
        [Some(without), Some(with)] => format!("{:.2}", with / without),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn medians_are_compared_with_local() {
        assert_eq!(super::compare(&[Some(14.0), Some(22.0), Some(16.0)]), "0.73 | 8.00, 2.00, 0.25");
        assert_eq!(super::compare(&[None, Some(8.0), Some(2.0)]), "0.25");
        assert_eq!(super::compare(&[Some(10.0), Some(11.0)]), "1.10");
        assert_eq!(super::compare(&[Some(10.0), None]), "-");
    }
}

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

/// One of the three that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Local,
    Stock,
    Ours,
}

const VARIANTS: [Variant; 3] = [Variant::Local, Variant::Stock, Variant::Ours];

impl Variant {
    const fn name(self) -> &'static str {
        match self {
            Self::Local => "local disk",
            Self::Stock => "stock way",
            Self::Ours => "nbft",
        }
    }

    /// The scenario with this variant's initramfs and disk; the machine, its NICs and its tables are the same.
    fn scenario(self, base: &Scenario) -> Scenario {
        let mut scenario = base.clone();
        (scenario.local, scenario.way) = match self {
            Self::Local => (true, Way::Local),
            Self::Stock => (false, Way::Stock),
            Self::Ours => (false, Way::Nbft),
        };
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
        for variant in VARIANTS {
            let scenario = variant.scenario(base);
            let images = boot::images(place, &scenario, init, scenario.way)?;
            series.push(Series { init, variant, scenario, images, figures: Default::default() });
        }
    }
    let dir = boot::run_dir(place, &format!("bench-{}", base.name))?;
    let Some(first) = series.first() else { return Ok(true) };
    // One target for all: what it costs the machine is the same for each.
    let _target = boot::start_target(place, &Variant::Ours.scenario(base), &first.images, &dir, false)?;
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
    let text = table(&series, kinds);
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
        from_init(times.connected).filter(|_| one.variant != Variant::Local),
        from_init(times.mounted),
        from_init(Some(times.root)),
        Some(times.total()),
        times.processes,
        Some(one.images.plain_size() as f64 / f64::from(1 << 20)),
    ])
}

fn table(series: &[Series], kinds: &[Init]) -> String {
    let mut out = String::new();
    for init in kinds {
        let of = |variant: Variant, measure: usize| -> Option<Spread> {
            let one = series.iter().find(|one| one.init == *init && one.variant == variant)?;
            spread(one.figures.get(measure)?)
        };
        let _ = writeln!(out, "{} initramfs: medians (quartiles)", init.name());
        let _ = writeln!(
            out,
            "  {:<30} {:>22} {:>22} {:>22}   nbft/stock   over local: stock, nbft, ratio",
            "", "local disk", "stock way", "nbft"
        );
        for (number, measure) in MEASURES.iter().enumerate() {
            let cell = |variant| of(variant, number).map_or_else(|| "-".to_owned(), |spread| spread.to_string());
            let median = |variant| of(variant, number).map(|spread| spread.median);
            let (local, stock, ours) = (median(Variant::Local), median(Variant::Stock), median(Variant::Ours));
            let ratio = stock.zip(ours).map_or_else(|| "-".to_owned(), |(stock, ours)| format!("{:.2}", ours / stock));
            let over = match (local, stock, ours) {
                (Some(local), Some(stock), Some(ours)) => {
                    let (stock, ours) = (stock - local, ours - local);
                    format!("{stock:.2}, {ours:.2}, {:.2}", ours / stock)
                }
                _ => "-".to_owned(),
            };
            let (a, b, c) = (cell(Variant::Local), cell(Variant::Stock), cell(Variant::Ours));
            let _ = writeln!(out, "  {measure:<30} {a:>22} {b:>22} {c:>22}   {ratio:>10}   {over}");
        }
    }
    out
}

//! Measures what booting over NVMe/TCP costs: the same root from a local disk, the stock way and ours.

use crate::run::boot::{self, Images};
use crate::run::markdown::{self, Quantity};
use crate::run::stats::{Spread, spread};
use crate::scenario::system::{Init, Way};
use crate::scenario::{self, Expect, Outcome, Scenario};
use crate::tools::error::{At, Error, Result, VmError};
use crate::tools::place::Place;
use crate::tools::signals;
use crate::vm::Vm;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The comparison for which a scenario is suited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Root is on the target: the cost of each way to it over a local disk.
    Ways,
    /// Root is local: the cost of the tables.
    Tables,
    /// The scenario names an undamaged one as its base: the cost of the damage.
    Harm,
}

/// One of the compared setups.
#[derive(Debug, Clone)]
struct Variant {
    name: &'static str,
    scenario: Scenario,
}

impl Question {
    const fn of(base: &Scenario) -> Self {
        match (base.beside.is_some(), base.local) {
            (true, _) => Self::Harm,
            (false, true) => Self::Tables,
            (false, false) => Self::Ways,
        }
    }

    /// The variants to compare. Machine, NICs and tables are the same, except for the subject of the comparison.
    fn variants(self, place: &Place, base: &Scenario) -> Result<Vec<Variant>> {
        let variant = |name, base: &Scenario, local, way| {
            let mut scenario = base.clone();
            (scenario.local, scenario.way) = (local, way);
            // The bench checks only where root is: the scenarios' own runs check the details.
            scenario.expect = Expect { hanging: base.expect.hanging.clone(), ..Expect::outcome(Outcome::Boots) };
            Variant { name, scenario }
        };
        Ok(match self {
            // Debian has no stock way with initramfs-tools.
            Self::Ways if base.way.by_initramfs_tools() => vec![
                variant("local disk", base, true, Way::InitramfsToolsLocal),
                variant("nbft", base, false, Way::InitramfsTools),
            ],
            Self::Ways if base.way.by_mkosi() => {
                vec![variant("local disk", base, true, Way::MkosiLocal), variant("nbft", base, false, Way::Mkosi)]
            }
            Self::Ways => vec![
                variant("local disk", base, true, Way::Local),
                variant("stock way", base, false, Way::Stock),
                variant("nbft", base, false, Way::Nbft),
            ],
            Self::Tables => {
                let with = variant("with its tables", base, true, Way::Nbft);
                let mut without = variant("no NBFT", base, true, Way::Nbft);
                without.scenario.tables.clear();
                vec![without, with]
            }
            Self::Harm => {
                let whole = scenario::load(place, base.beside.as_deref().unwrap_or_default())?;
                vec![
                    variant("nbft, whole", &whole, false, Way::Nbft),
                    variant("stock way", base, false, Way::Stock),
                    variant("nbft", base, false, Way::Nbft),
                ]
            }
        })
    }

    const fn ratios(self) -> &'static str {
        match self {
            Self::Ways => "nbft : stock | more than local: stock, nbft, nbft : stock",
            Self::Tables => "with : without",
            Self::Harm => "nbft : stock | nbft : whole",
        }
    }

    /// Ratios of the medians.
    fn compare(self, medians: &[Option<f64>]) -> String {
        match (self, medians) {
            (Self::Ways, [None, Some(stock), Some(ours)]) => format!("{:.2}", ours / stock),
            (Self::Ways, [Some(local), Some(stock), Some(ours)]) => {
                let over = (stock - local, ours - local);
                format!("{:.2} | {:.2}, {:.2}, {:.2}", ours / stock, over.0, over.1, over.1 / over.0)
            }
            (Self::Tables, [Some(without), Some(with)]) => format!("{:.2}", with / without),
            (Self::Harm, [Some(whole), Some(stock), Some(ours)]) => {
                format!("{:.2} | {:.2}", ours / stock, ours / whole)
            }
            (Self::Ways, [Some(local), Some(ours)]) => format!("- | -, {:.2}, -", ours - local),
            // The stock way may fail to boot, or be left out.
            (Self::Harm, [Some(whole), None, Some(ours)] | [Some(whole), Some(ours)]) => {
                format!("- | {:.2}", ours / whole)
            }
            _ => "-".to_owned(),
        }
    }
}

/// The measures of one boot: seconds from /init, except the totals.
const MEASURES: [&str; 6] = [
    "/init to controller connected",
    "/init to root mounted",
    "/init to switch_root",
    "QEMU start to /sbin/init",
    "processes spawned",
    "initramfs, MiB less modules",
];

/// The headline measures: the position in `MEASURES`, and the format.
const HEADLINES: [(usize, Quantity); 3] = [
    (3, Quantity { name: "QEMU's start to /sbin/init", unit: "s", decimals: 2 }),
    (4, Quantity { name: "processes", unit: "", decimals: 0 }),
    (5, Quantity { name: "initramfs without modules", unit: "MiB", decimals: 1 }),
];

/// How to measure.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The number of boots of each variant.
    pub rounds: u32,
    /// Kinds of initramfs.
    pub kinds: &'a [Init],
    /// Whether to leave the stock way out.
    pub ours: bool,
    /// Whether to print a table in Markdown too.
    pub markdown: bool,
}

#[derive(Debug)]
struct Series {
    init: Init,
    variant: Variant,
    images: Images,
    /// The folder that has its wires.
    dir: PathBuf,
    figures: [Vec<f64>; MEASURES.len()],
}

/// Boots each variant in turn and prints the results; after a signal, those of the completed rounds. Each round rewrites table.txt.
pub fn run(place: &Place, base: &Scenario, options: Options<'_>) -> Result<bool> {
    let Options { rounds, kinds, ours, markdown } = options;
    let question = Question::of(base);
    let mut variants = question.variants(place, base)?;
    variants.retain(|variant| !ours || variant.scenario.way != Way::Stock);
    let dir = boot::run_dir(place, &format!("bench-{}", base.name))?;
    let mut series = Vec::new();
    for init in kinds.iter().copied() {
        for variant in &variants {
            let images = boot::images(place, &variant.scenario, init, variant.scenario.way)?;
            let dir = dir.join(&variant.scenario.name);
            series.push(Series { init, variant: variant.clone(), images, dir, figures: Default::default() });
        }
    }
    let _targets = targets(place, &series)?;
    let path = dir.join("table.txt");
    let mut good = true;
    let mut measured = 0;
    while measured < rounds {
        match round(place, &mut series, measured + 1) {
            Ok(booted) => good &= booted,
            // The finished rounds took long, so the results are printed.
            Err(Error::Interrupted) if measured > 0 => {
                good = false;
                break;
            }
            Err(error) => return Err(error),
        }
        measured += 1;
        println!("round {measured} of {rounds}");
        fs::write(&path, table(question, &series, kinds, &variants)).at(&path)?;
    }
    println!("\n{}", table(question, &series, kinds, &variants));
    if markdown {
        let name = &base.name;
        let ours = if ours { "--ours " } else { "" };
        println!("`cargo lab bench -n {measured} {ours}--markdown {name}`: medians of {measured} boots each.\n");
        print!("{}", markdown_table(&series, kinds, &variants));
    }
    Ok(good)
}

/// Boots each variant once; returns whether all booted. A round that a signal interrupts does not count.
fn round(place: &Place, series: &mut [Series], number: u32) -> Result<bool> {
    let mut all = Vec::new();
    for one in &*series {
        signals::check()?;
        match measure(place, one) {
            Ok(figures) => all.push(Some(figures)),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => {
                all.push(None);
                println!("round {number}, {} ({}): {error}", one.variant.name, one.init.name());
            }
        }
    }
    let good = all.iter().all(Option::is_some);
    for (one, figures) in series.iter_mut().zip(all) {
        for (list, figure) in one.figures.iter_mut().zip(figures.into_iter().flatten()) {
            list.extend(figure);
        }
    }
    Ok(good)
}

/// Starts one target for each scenario, shared by all its boots, so that it costs each variant the same.
fn targets(place: &Place, series: &[Series]) -> Result<Vec<Vm>> {
    let mut started: Vec<&Path> = Vec::new();
    let mut targets = Vec::new();
    for one in series {
        if started.contains(&one.dir.as_path()) {
            continue;
        }
        started.push(&one.dir);
        fs::create_dir_all(&one.dir).at(&one.dir)?;
        if one.variant.scenario.target.is_some() {
            targets.push(boot::start_target(place, &one.variant.scenario, &one.images, &one.dir, None)?);
        }
    }
    Ok(targets)
}

fn measure(place: &Place, one: &Series) -> Result<[Option<f64>; MEASURES.len()]> {
    let (report, complaints) = boot::measure(place, &one.variant.scenario, one.init, &one.images, &one.dir)?;
    if let Some(complaint) = complaints.first() {
        return Err(VmError::Unexpected(complaint.clone()).into());
    }
    let times = crate::run::timeline::Timeline::of(&report);
    let from_init = |time: Option<f64>| Some(time? - times.init?);
    Ok([
        from_init(times.connected).filter(|_| !one.variant.scenario.local),
        from_init(times.mounted),
        from_init(Some(times.root)),
        Some(times.total()),
        times.processes,
        Some(one.images.plain_size() as f64 / f64::from(1 << 20)),
    ])
}

/// The spread of a measure in the boots of a variant.
fn spread_of(series: &[Series], init: Init, variant: &str, measure: usize) -> Option<Spread> {
    let one = series.iter().find(|one| one.init == init && one.variant.name == variant)?;
    spread(one.figures.get(measure)?)
}

/// The cost of each variant over the first one.
fn markdown_table(series: &[Series], kinds: &[Init], variants: &[Variant]) -> String {
    let heads: Vec<String> = kinds.iter().map(|init| format!("{} initramfs", init.name())).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let names: Vec<&str> = variants.iter().map(|variant| variant.name).collect();
    markdown::differences(&heads, &names, &HEADLINES.map(|(_, quantity)| quantity), |column, variant, quantity| {
        let (measure, _) = HEADLINES.get(quantity)?;
        Some(spread_of(series, *kinds.get(column)?, names.get(variant)?, *measure)?.median)
    })
}

fn table(question: Question, series: &[Series], kinds: &[Init], variants: &[Variant]) -> String {
    let mut out = String::new();
    for init in kinds {
        let of = |variant: &Variant, measure: usize| spread_of(series, *init, variant.name, measure);
        let _ = writeln!(out, "{} initramfs: medians (quartiles)", init.name());
        let heads: String = variants.iter().map(|variant| format!("{:>28}", variant.name)).collect();
        let _ = writeln!(out, "  {:<30}{heads}   {}", "", question.ratios());
        for (number, measure) in MEASURES.iter().enumerate() {
            let spreads: Vec<Option<Spread>> = variants.iter().map(|variant| of(variant, number)).collect();
            let cells: String = spreads
                .iter()
                .map(|spread| format!("{:>28}", spread.map_or_else(|| "-".to_owned(), |spread| spread.to_string())))
                .collect();
            let medians: Vec<Option<f64>> = spreads.iter().map(|spread| spread.map(|spread| spread.median)).collect();
            let _ = writeln!(out, "  {measure:<30}{cells}   {}", question.compare(&medians));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Question::{Harm, Tables, Ways};
    use super::{HEADLINES, MEASURES, markdown};

    #[test]
    fn headlines_are_the_measures_that_they_name() {
        let of = |place: usize| MEASURES[HEADLINES[place].0];
        assert_eq!(
            [of(0), of(1), of(2)],
            ["QEMU start to /sbin/init", "processes spawned", "initramfs, MiB less modules"]
        );
    }

    #[test]
    fn the_readme_has_a_table_as_markdown_prints_it() {
        // These figures are those of the README. It shows differences only, so the local disk is 0.
        let more = [
            [[Some(4.43), None, Some(7.7)], [Some(1.30), Some(11.0), Some(4.3)]],
            [[Some(5.64), None, Some(7.2)], [Some(1.52), Some(15.0), Some(4.3)]],
        ];
        let table = markdown::differences(
            &["plain initramfs", "systemd initramfs"],
            &["local disk", "stock way", "nbft"],
            &HEADLINES.map(|(_, quantity)| quantity),
            |column, variant, quantity| match variant.checked_sub(1) {
                None => Some(0.0),
                Some(variant) => more[column][variant][quantity],
            },
        );
        assert!(include_str!("../../../README.md").contains(&table), "README.md lacks\n{table}");
    }

    #[test]
    fn medians_are_compared_as_the_question_asks() {
        assert_eq!(Ways.compare(&[Some(14.0), Some(22.0), Some(16.0)]), "0.73 | 8.00, 2.00, 0.25");
        assert_eq!(Ways.compare(&[None, Some(8.0), Some(2.0)]), "0.25");
        assert_eq!(Tables.compare(&[Some(10.0), Some(11.0)]), "1.10");
        assert_eq!(Tables.compare(&[Some(10.0), None]), "-");
        assert_eq!(Harm.compare(&[Some(10.0), Some(44.0), Some(11.0)]), "0.25 | 1.10");
        assert_eq!(Harm.compare(&[Some(10.0), None, Some(11.0)]), "- | 1.10");
    }
}

//! Makes a random series of boots, each with one of two paths dead.

use crate::run::suite::Case;
use crate::scenario::system::Init;
use crate::scenario::target::Target;
use crate::scenario::{self, Scenario};
use crate::tools::error::{Error, Result};
use crate::tools::place::Place;

/// The scenario to damage.
const BASE: &str = "two-paths";

/// Why a path is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// Its NIC is missing.
    Missing,
    /// Its NIC has no carrier.
    Unplugged,
    /// The target's port is closed.
    Refused,
    /// The target's answers are dropped.
    Dropped,
    /// The target accepts the connection and never answers.
    Silent,
}

const HARMS: [(Harm, &str); 5] = [
    (Harm::Missing, "missing"),
    (Harm::Unplugged, "unplugged"),
    (Harm::Refused, "refused"),
    (Harm::Dropped, "dropped"),
    (Harm::Silent, "silent"),
];

/// The series of a seed: a longer series begins with a shorter one of the same seed.
pub fn cases(place: &Place, boots: usize, seed: u64) -> Result<Vec<Case>> {
    let base = scenario::load(place, BASE)?;
    let mut lot = fastrand::Rng::with_seed(seed);
    (1..=boots)
        .map(|number| {
            let init = if lot.bool() { Init::Plain } else { Init::Systemd };
            let path = lot.usize(..base.nics.len());
            let (harm, word) = HARMS[lot.usize(..HARMS.len())];
            let mut harmed = harm.done_to(&base, path)?;
            harmed.name = format!("soak-{number:02}-{}-{word}", base.nics[path].wire);
            Ok((harmed, init))
        })
        .collect()
}

impl Harm {
    /// The scenario with one path damaged; it must boot by the other path alone.
    fn done_to(self, base: &Scenario, path: usize) -> Result<Scenario> {
        let mut scenario = base.clone();
        let wire = &base.nics[path].wire;
        let dead = base
            .expect
            .controllers
            .as_ref()
            .and_then(|controllers| controllers.get(path))
            .ok_or_else(|| Error::NoController { scenario: BASE, wire: wire.clone() })?;
        let target = scenario.target.get_or_insert_with(Target::default);
        let close = |target: &mut Target| target.ports.retain(|port| port.ip().to_string() != dead.traddr);
        match self {
            Self::Missing => drop(scenario.nics.remove(path)),
            Self::Unplugged => scenario.nics[path].carrier = false,
            Self::Refused => close(target),
            Self::Dropped => {
                let host = dead.source.as_deref().unwrap_or_default();
                target.commands.push(format!("ip route add blackhole {host}/32"));
            }
            Self::Silent => {
                close(target);
                target.commands.push(format!("nc -ll -p {} -s {} -e sleep 1000 &", dead.trsvcid, dead.traddr));
            }
        }
        // The state of the damaged path's interface is not checked.
        scenario.expect.addresses.clear();
        if let Some(controllers) = &mut scenario.expect.controllers {
            controllers.remove(path);
        }
        Ok(scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_boot_lacks_one_path_and_a_seed_gives_the_same_boots_again() {
        let place = Place::find().expect("the tests run in the repository");
        let boots = cases(&place, 40, 7).expect("the scenario is there");
        let names = |boots: &[Case]| {
            boots.iter().map(|(scenario, init)| format!("{} {init:?}", scenario.name)).collect::<Vec<_>>()
        };
        assert_eq!(names(&boots)[..3], names(&cases(&place, 3, 7).expect("the scenario is there")));
        for (scenario, _) in &boots {
            assert_eq!(scenario.expect.controllers.as_ref().map(Vec::len), Some(1), "{}", scenario.name);
        }
        for (_, word) in HARMS {
            assert!(names(&boots).iter().any(|name| name.contains(word)), "{word} is drawn in forty boots");
        }
    }
}

//! Performs a scenario's steps on the running machines, and checks the controllers after each.

use crate::judge::report::Report;
use crate::scenario::{Scenario, Step};
use crate::tools::error::Result;
use crate::tools::place::remove;
use crate::vm::{Line, Machine, Vm};
use std::path::Path;
use std::time::{Duration, Instant};

/// What the large root reported during the steps.
#[derive(Debug, Default)]
struct Watch {
    /// Whether some of the wanted controllers were not live at any time.
    lost: bool,
    /// Errors in reading or writing the root.
    errors: Vec<String>,
}

impl Watch {
    /// Evaluates a line; returns the number of live controllers, if the line reports it.
    fn take(&mut self, line: &Line, (wanted, others): (usize, bool)) -> Option<usize> {
        if let Some(error) = line.text.strip_prefix("@write-error ") {
            self.errors.push(format!("the root could not be written or read back: {error}"));
        }
        let live = live(&line.text, others)?;
        self.lost |= live < wanted;
        Some(live)
    }
}

/// Performs the scenario's steps. After each it waits until the guest reports that its controllers are live and that the root can be
/// written.
pub fn run(
    scenario: &Scenario,
    (machine, dir): (&Machine, &Path),
    host: &mut Vm,
    target: Option<&mut Vm>,
    report: &mut Report,
    complaints: &mut Vec<String>,
) -> Result<()> {
    let Some(target) = target else { return Ok(()) };
    for step in &scenario.steps {
        let mut watch = Watch { lost: step.plug.is_some(), ..Watch::default() };
        let begun = begin(step, host, target)?;
        if step.boots_again {
            *report = Report::default();
            host.listen(Instant::now() + Duration::from_secs(step.back), |line| report.take(line).then_some(()))?;
            continue;
        }
        host.listen(Instant::now() + Duration::from_secs(step.seconds), |line| {
            watch.take(line, (step.controllers, step.others));
            None::<()>
        })?;
        end(step, host, target)?;
        if let Some(words) = &step.resumes {
            if host.running() {
                complaints.push(format!("it is not off after {} s", step.seconds));
                return Ok(());
            }
            switch_on(machine, dir, host)?;
            let end = Instant::now() + Duration::from_secs(step.back);
            if host.listen(end, |line| line.text.contains(words).then_some(()))?.is_none() {
                complaints.push(format!("switched on again, it does not say {words:?} within {} s", step.back));
            }
            continue;
        }
        match begun {
            None if watch.lost => complaints.push(format!("a controller was lost within {} s", step.seconds)),
            None => {}
            Some(name) => after(step, &name, host, &mut watch, complaints)?,
        }
        if scenario.writes && !written(host, &mut watch)? {
            complaints.push(format!("the root was not written within {} s after a step", WRITES.as_secs()));
        }
        complaints.append(&mut watch.errors);
    }
    Ok(())
}

/// Switches the machine on again; keeps its earlier console.
fn switch_on(machine: &Machine, dir: &Path, host: &mut Vm) -> Result<()> {
    for nic in &machine.nics {
        remove(&dir.join(format!("{}-{}.sock", machine.name, nic.wire)))?;
    }
    let console = std::mem::take(&mut host.console);
    *host = machine.start(dir)?;
    host.console = console;
    Ok(())
}

/// Waits until the controllers are live again.
fn after(step: &Step, name: &str, host: &mut Vm, watch: &mut Watch, complaints: &mut Vec<String>) -> Result<()> {
    let back = host.listen(Instant::now() + Duration::from_secs(step.back), |line| {
        let live = watch.take(line, (step.controllers, step.others))?;
        (watch.lost && live >= step.controllers).then_some(())
    })?;
    if !watch.lost {
        complaints.push(format!("{name}: it was not noticed"));
    } else if back.is_none() {
        complaints.push(format!("{name}: not {} live controllers within {} s", step.controllers, step.back));
    }
    Ok(())
}

/// The time limit for two rounds of writing: the first may have begun earlier.
const WRITES: Duration = Duration::from_secs(60);

fn written(host: &mut Vm, watch: &mut Watch) -> Result<bool> {
    let mut rounds = 0;
    let done = host.listen(Instant::now() + WRITES, |line| {
        watch.take(line, (0, false));
        rounds += u32::from(line.text.starts_with("@written "));
        (rounds >= 2).then_some(())
    })?;
    Ok(done.is_some())
}

/// Begins a step and returns its description; `None` if the step only waits.
fn begin(step: &Step, host: &mut Vm, target: &mut Vm) -> Result<Option<String>> {
    let mut done = None;
    if let Some(command) = &step.host {
        host.send(command)?;
    }
    for wire in &step.cut {
        carrier(target, wire, false)?;
        done = Some(format!("cut of {}", step.cut.join(", ")));
    }
    if let Some(wire) = &step.pull {
        carrier(host, wire, false)?;
    }
    if let Some(wire) = &step.plug {
        carrier(host, wire, true)?;
        done = Some(format!("plug of wire {wire}"));
    }
    if let Some(command) = &step.target {
        tell(target, command)?;
        done = Some(command.clone());
    }
    Ok(done)
}

fn carrier(vm: &Vm, wire: &str, on: bool) -> Result<()> {
    vm.monitor()?.set_link(&format!("nic-{wire}"), on)
}

fn end(step: &Step, host: &Vm, target: &mut Vm) -> Result<()> {
    if let Some(wire) = &step.pull {
        carrier(host, wire, true)?;
    }
    for wire in &step.cut {
        carrier(target, wire, true)?;
    }
    if let Some(command) = &step.then {
        tell(target, command)?;
    }
    Ok(())
}

/// Makes the target run a command, and reads its output.
pub fn tell(target: &mut Vm, command: &str) -> Result<()> {
    target.send(command)?;
    target.listen(Instant::now() + Duration::from_secs(10), |line| line.text.contains("lab-done").then_some(()))?;
    Ok(())
}

/// The number of live controllers in a line of the large root; `None` for other lines. It is 0 while one is not live, unless others may
/// come and go.
fn live(text: &str, others: bool) -> Option<usize> {
    let states: Vec<&str> = text.strip_prefix("@states ")?.split_whitespace().collect();
    let live = states.iter().filter(|state| state.ends_with("=live")).count();
    Some(if live == states.len() || others { live } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::live;

    #[test]
    fn a_controller_that_is_not_live_counts_for_all_unless_others_may_go() {
        let states = "@states  nvme0=live nvme1=deleting";
        assert_eq!((live(states, false), live(states, true)), (Some(0), Some(1)));
        assert_eq!(live("@states  nvme0=live nvme1=live", false), Some(2));
        assert_eq!(live("@states ", true), Some(0));
        assert_eq!(live("login:", true), None);
    }
}

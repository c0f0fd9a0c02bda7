//! Runs a scenario once: images, target, host, complaints.

mod images;
mod machines;

pub use images::{Images, images, marked_images};
pub use machines::start_target;

use crate::image::{extra, mkosi};
use crate::judge::capture::{Session, Wire};
use crate::judge::console;
use crate::judge::guest::{Evidence, Verdict, judge};
use crate::judge::report::Report;
use crate::judge::secrets;
use crate::judge::wire;
use crate::run::steps;
use crate::run::timeline::Timeline;
use crate::scenario::system::Init;
use crate::scenario::wires::WIRES;
use crate::scenario::{Outcome, Scenario};
use crate::tools::error::{At, Result};
use crate::tools::place::Place;
use crate::vm::Vm;
use machines::host;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The result of a run.
#[derive(Debug)]
pub struct Done {
    /// The differences from what the scenario expects.
    pub complaints: Vec<String>,
    /// The guest's times, if it booted.
    pub timeline: Option<Timeline>,
    /// The guest's report.
    pub report: Report,
    /// The host's console.
    pub console: Vec<String>,
    /// How long the run took, images aside.
    pub took: Duration,
    /// The directory of the logs.
    pub dir: PathBuf,
    /// Size of the initramfs without modules.
    pub plain_size: u64,
}

/// How a run differs from the scenario's file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether the guest gets a shell on our terminal instead of being switched off.
    pub keep: bool,
    /// Whether to keep the console quiet, since output costs time.
    pub quiet: bool,
}

/// The time limit for a shutdown. After 90 s, systemd would kill what does not stop.
const SHUTDOWN: Duration = Duration::from_secs(80);

/// Runs a scenario with existing images.
pub fn run(place: &Place, scenario: &Scenario, init: Init, images: &Images, options: Options) -> Result<Done> {
    let dir = run_dir(place, &format!("{}-{}", scenario.name, init.name()))?;
    let start = Instant::now();
    let mut target = scenario
        .target
        .as_ref()
        .map(|_| start_target(place, scenario, images, &dir, Some(frame_bytes(scenario))))
        .transpose()?;
    let machine = host(place, scenario, init, images, &dir, options)?;
    let mut host = machine.start(&dir)?;
    let end = Instant::now() + Duration::from_secs(if options.keep { 86_400 } else { scenario.deadline });
    let mut report = Report::default();
    let mut complaints = Vec::new();
    for (late, nic) in scenario.nics.iter().zip(&machine.nics).filter(|(late, _)| late.late > 0) {
        let mut from = start;
        if let Some(words) = &late.late_after {
            let heard = host.listen(end, |line| {
                let there = report.take(line) || gave_up(&line.text) || line.text.contains(words);
                there.then(|| line.text.contains(words))
            })?;
            if heard != Some(true) {
                complaints.push(format!("the NIC on wire {} never came: nobody said {words:?}", late.wire));
                break;
            }
            from = Instant::now();
        }
        host.listen(from + Duration::from_secs(late.late), |line| report.take(line).then_some(()))?;
        host.monitor()?.plug(nic)?;
    }
    host.listen(end, |line| (report.take(line) || gave_up(&line.text)).then_some(()))?;
    if report.complete {
        steps::run(scenario, (&machine, &dir), &mut host, target.as_mut(), &mut report, &mut complaints)?;
    }
    let off = scenario.expect.off || scenario.expect.manager.is_some();
    if off && report.complete {
        host.listen(Instant::now() + SHUTDOWN, |_| None::<()>)?;
        if host.running() {
            complaints.push(format!("it is not off {} s after it was told to", SHUTDOWN.as_secs()));
        }
    }
    if options.keep && host.running() {
        host.listen(end, |_| None::<()>)?;
    }
    if !report.complete {
        // The last lines before the end belong to the reason.
        host.listen(Instant::now() + Duration::from_secs(2), |_| None::<()>)?;
    }
    drop_politely(&mut target)?;
    let console: Vec<&str> = host.console.iter().map(|line| line.text.as_str()).collect();
    let confession = confession(scenario, &mut target)?;
    let target_console =
        target.take().map(|vm| vm.console.iter().map(|line| line.text.clone()).collect::<Vec<_>>()).unwrap_or_default();
    let target_console = &target_console[..target_console.len() - confession.len()];
    let seen = captured(&dir, machine.capture.is_some(), scenario)?;
    let sessions = &seen.sessions;
    if off && report.complete {
        complaints.extend(left_open(sessions));
    }
    match (scenario.expect.outcome, report.complete) {
        (Outcome::Boots, true) => {
            let evidence = Evidence { report: &report, sessions, target: target_console };
            let Verdict { complaints: more } = judge(place, scenario, &evidence)?;
            complaints.extend(more);
        }
        (Outcome::Boots, false) => complaints.push(no_boot(&console, end)),
        (Outcome::Fails, true) => complaints.push("it booted, and must not have".to_owned()),
        (Outcome::Fails, false) => {}
    }
    console::judge_host(&scenario.expect, &console, &report, &mut complaints);
    let console: Vec<String> = console.into_iter().map(str::to_owned).collect();
    let said = host.console.iter().filter(|line| !line.report).map(|line| line.text.clone()).collect::<Vec<_>>();
    console::count_lines(&scenario.expect, &said, &mut complaints);
    let consoles = [("the host's console", said.as_slice()), ("the target's console", target_console)];
    wire::judge(scenario, &seen, &mut complaints);
    secrets::judge(scenario, &consoles, &report, &confession, &mut complaints);
    console::judge_target(&scenario.expect, target_console, &mut complaints);
    let timeline = report.complete.then(|| Timeline::of(&report));
    // A copy of the image for every run would soon fill the disk.
    let _ = fs::remove_file(dir.join(extra::ARCHIVE));
    let _ = fs::remove_dir_all(dir.join(mkosi::PARTITION));
    Ok(Done { complaints, timeline, report, console, took: start.elapsed(), dir, plain_size: images.initrd.plain_size })
}

/// The connections that the host did not end itself.
fn left_open(sessions: &[Session]) -> Vec<String> {
    let open = sessions.iter().filter(|session| !session.ended);
    open.map(|session| {
        format!("{} is off without having ended its connection to {}", session.source, session.destination)
    })
    .collect()
}

/// Whether dracut or systemd reports that it stops waiting for root.
fn gave_up(line: &str) -> bool {
    line.contains("Entering emergency mode")
        || line.contains("You are in emergency mode")
        || line.contains("Cannot open access to console")
        || line.contains("Dropping to debug shell")
        || line.contains("reboot: Power down")
}

fn no_boot(console: &[&str], end: Instant) -> String {
    let last = console.iter().rev().find(|line| !line.trim().is_empty()).copied().unwrap_or("nothing");
    let why = if Instant::now() >= end { "the deadline passed" } else { "it gave up" };
    format!("it did not boot: {why}; last words: {last}")
}

/// Boots once beside a running target, with a quiet console; returns the guest's report and the complaints.
pub fn measure(
    place: &Place,
    scenario: &Scenario,
    init: Init,
    images: &Images,
    dir: &Path,
) -> Result<(Report, Vec<String>)> {
    let options = Options { keep: false, quiet: true };
    let mut machine = host(place, scenario, init, images, dir, options)?;
    machine.capture = None;
    let mut host = machine.start(dir)?;
    let end = Instant::now() + Duration::from_secs(scenario.deadline);
    let mut report = Report::default();
    host.listen(end, |line| (report.take(line) || gave_up(&line.text)).then_some(()))?;
    let complaints = if report.complete {
        judge(place, scenario, &Evidence { report: &report, sessions: &[], target: &[] })?.complaints
    } else {
        let console: Vec<&str> = host.console.iter().map(|line| line.text.as_str()).collect();
        vec![no_boot(&console, end)]
    };
    Ok((report, complaints))
}

/// Makes a new directory for a run.
pub fn run_dir(place: &Place, name: &str) -> Result<PathBuf> {
    let stamp =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map(|d| d.as_millis()).unwrap_or_default();
    let dir = place.runs.join(format!("{name}-{stamp}"));
    fs::create_dir_all(&dir).at(&dir)?;
    Ok(dir)
}

/// Reads the target's remaining output before it ends.
fn drop_politely(target: &mut Option<Vm>) -> Result<()> {
    if let Some(vm) = target {
        vm.send("dmesg -n 7; dmesg | grep nvmet")?;
        vm.listen(Instant::now() + Duration::from_secs(5), |line| line.text.contains("lab-done").then_some(()))?;
    }
    Ok(())
}

/// Makes the target print its secrets, so that the search for secrets can prove that it finds them.
fn confession(scenario: &Scenario, target: &mut Option<Vm>) -> Result<Vec<String>> {
    let Some(vm) = target.as_mut().filter(|_| secrets::any(scenario)) else { return Ok(Vec::new()) };
    let before = vm.console.len();
    if scenario.target.as_ref().is_some_and(|target| target.tls.is_some()) {
        steps::tell(vm, "show_psk")?;
    } else {
        steps::tell(vm, "cat $nvmet/hosts/*/dhchap_key")?;
    }
    Ok(vm.console[before..].iter().map(|line| line.text.clone()).collect())
}

/// How many bytes of each frame to capture: the headers and the first PDU, or everything if the judge searches the frames.
fn frame_bytes(scenario: &Scenario) -> u32 {
    if scenario.expect.wire.any() || secrets::any(scenario) { 0x1_0000 } else { 320 }
}

fn captured(dir: &Path, host: bool, scenario: &Scenario) -> Result<Wire> {
    let mut all = Wire::default();
    if !host && scenario.target.is_none() {
        return Ok(all);
    }
    let needles = secrets::on_the_wire(scenario);
    for (wire, _) in WIRES {
        let path = dir.join(format!("{wire}.pcap"));
        if path.exists() {
            all.read(&path, &needles)?;
            // The captures hold megabytes of the root's blocks and have been evaluated.
            fs::remove_file(&path).at(&path)?;
        }
    }
    Ok(all)
}

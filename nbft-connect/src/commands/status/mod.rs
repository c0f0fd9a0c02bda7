//! `nbft status`: shows the result of `connect`, updated from sysfs.

#[doc(hidden)]
pub mod fuzz;
mod list;
mod text;
mod timeline;
mod watch;

use crate::cli::{Common, Format, StatusArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::net;
use crate::nvme::sysfs::{self, Controller, NoAccess};
use crate::output::json::Secrets;
use crate::output::{self, Screen, Text, json, print};
use crate::status::live::{PATH_INACCESSIBLE, ana_state};
use crate::status::outcome;
use crate::status::schema::{Outcome, PathStatus, Reason, STATUS_FILE, State, Status};
use std::net::IpAddr;
use std::time::Duration;

/// Runs the command.
///
/// # Errors
///
/// When the status file is there but cannot be read.
pub fn run(args: &StatusArgs, common: &Common) -> Result<Exit, Error> {
    if let Some(seconds) = args.watch {
        return watch::run(Duration::from_secs(seconds.into()), common);
    }
    if args.timeline {
        return show_timeline(args, common);
    }
    show(args.output_format, common)
}

/// Prints the status.
///
/// # Errors
///
/// As [`run`].
pub(super) fn show(format: Format, common: &Common) -> Result<Exit, Error> {
    let file = common.path(STATUS_FILE);
    let Some(mut status) = Status::read(&file)? else {
        log::error!("{}: nbft connect has not run", file.display());
        if format == Format::Json {
            json::print(&Status::without_run(), Secrets::Masked)?;
        }
        return Ok(Exit::Nothing);
    };
    refresh(&mut status, &common.path("/"));
    match format {
        Format::Json => json::print(&status, Secrets::Masked)?,
        Format::Text => {
            print(&laid_out(&status, text::age_ms(&status, &common.path("/")), common, output::screen()))?;
        }
    }
    Ok(outcome::exit_of(&status))
}

/// The status as tables, or with `-v` as lists.
fn laid_out(status: &Status, age_ms: Option<u64>, common: &Common, screen: Screen) -> Text {
    match common.details() {
        true => list::render(status, screen),
        false => text::tables(status, age_ms, screen),
    }
}

/// Shows where the time of the boot went.
fn show_timeline(args: &StatusArgs, common: &Common) -> Result<Exit, Error> {
    let file = common.path(STATUS_FILE);
    let Some(timeline) = Status::read(&file)?.and_then(|status| status.timeline) else {
        log::error!("{}: no run of nbft connect has left its times", file.display());
        return Ok(Exit::Nothing);
    };
    timeline::show(&timeline, args.output_format, args.svg.as_deref())?;
    Ok(Exit::Ok)
}

/// The codes of what sysfs says now.
pub const CODES: [&str; 3] = [NOT_LIVE, GONE, NO_LIVE_PATH];
const NOT_LIVE: &str = "controller-not-live";
const GONE: &str = "controller-gone";
const NO_LIVE_PATH: &str = "no-live-path";

/// What sysfs says now, as a reason.
fn now(code: &str, text: String) -> Reason {
    Reason { code: code.to_owned(), text }
}

/// A status with what sysfs says now.
pub(super) fn refreshed(mut status: Status, root: &std::path::Path) -> Status {
    refresh(&mut status, root);
    status
}

/// Replaces the states in the file by those that sysfs shows now.
fn refresh(status: &mut Status, root: &std::path::Path) {
    let controllers = sysfs::controllers(root);
    status.service = outcome::service(status, root);
    for interface in status.interfaces.iter_mut().filter(|interface| interface.lease.is_some()) {
        let link = root.join("sys/class/net").join(&interface.name).join("ifindex");
        let link = std::fs::read_to_string(link).ok().and_then(|index| index.trim().parse().ok());
        let manager = interface.lease.as_ref().and_then(|lease| manager_of(root, link?, lease.address));
        let who = manager.or(status.service.map(|_| "nbft"));
        interface.renewed_by = who.map(str::to_owned);
    }
    let states = |status: &Status| -> Vec<State> {
        let namespaces = status.namespaces.iter().map(|namespace| namespace.state);
        status.paths.iter().map(|path| path.state).chain(namespaces).collect()
    };
    let before = states(status);
    refresh_paths(status, &controllers);
    refresh_namespaces(status, root, &controllers);
    // Otherwise the file's own message says more, such as what hindered connect.
    if states(status) != before && status.outcome != Outcome::Nothing {
        status.message = outcome::message(status);
    }
}

fn refresh_paths(status: &mut Status, controllers: &[Controller]) {
    for path in &mut status.paths {
        path.controller_state = None;
        let Some(name) = &path.controller else { continue };
        let controller = controllers.iter().find(|controller| controller.name == *name && controller.nqn == path.nqn);
        path.controller_state = controller.map(|controller| controller.state.clone());
        path.ana_state = controller.and_then(|controller| ana_state(controller, status.namespaces.iter()));
        let lack = match controller {
            Some(controller) if controller.is_live() => {
                if path.code.as_deref() == Some(PATH_INACCESSIBLE) {
                    path.state = State::Up;
                    path.set_reason(None);
                }
                *path = std::mem::take(path).without_access_failed();
                continue;
            }
            Some(controller) => now(NOT_LIVE, format!("the controller is {} now", controller.state)),
            None => now(GONE, "the controller is gone".to_owned()),
        };
        path.state = State::Failed;
        path.set_reason(Some(lack));
    }
}

fn refresh_namespaces(status: &mut Status, root: &std::path::Path, controllers: &[Controller]) {
    for namespace in &mut status.namespaces {
        let nid = namespace.parsed_nid();
        // If the tables name security for a subsystem, only controllers that a run verified count.
        let paths = || status.paths.iter().filter(|path| path.nqn == namespace.nqn);
        let secured = paths().any(|path| path.security.is_some());
        let counts = |controller: &&Controller| {
            !secured || paths().any(|path| path.controller.as_ref() == Some(&controller.name))
        };
        let controllers: Vec<_> = controllers.iter().filter(counts).cloned().collect();
        match sysfs::find_namespace(root, &controllers, &namespace.nqn, namespace.nsid, nid) {
            Some(device) => {
                namespace.state = State::Up;
                namespace.device = Some(format!("/dev/{device}"));
                namespace.set_reason(None);
            }
            None => {
                let no_access = NoAccess::of(&controllers, &namespace.nqn, namespace.nsid, nid);
                let was_up = namespace.state == State::Up;
                if was_up {
                    namespace.state = State::Failed;
                }
                if let Some(why) = no_access {
                    namespace.set_reason(Some(now(NoAccess::CODE, why.to_string())));
                } else if was_up {
                    namespace.set_reason(Some(now(NO_LIVE_PATH, "no live path leads to it now".to_owned())));
                }
            }
        }
    }
}

/// The network manager that renews the lease of this address.
fn manager_of(root: &std::path::Path, link: u32, address: IpAddr) -> Option<&'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    // Without netlink, the manager's own files decide.
    let expires =
        runtime.block_on(async { net::NetSnapshot::take().await.is_ok_and(|now| now.expires(link, address)) });
    net::lease_manager(root, link, address, expires)
}

/// The state of a path, or that of its controller where this is why the path is not up.
fn path_word(path: &PathStatus) -> &str {
    let not_live = path.controller_state.as_deref().filter(|_| path.code.as_deref() == Some(NOT_LIVE));
    not_live.unwrap_or_else(|| path.state.word())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    const NQN: &str = "nqn.2014-08.org.example:s";

    /// A status with one path, `nvme0`, and its namespace; `security` is what the path's profile asks.
    fn status(security: Option<&str>, up: bool) -> Status {
        let path = serde_json::json!({"nqn": NQN, "traddr": "192.0.2.1", "trsvcid": 4420, "host_iface": "nbft0", "host_traddr": null,
            "ssns": [], "unavailable": false, "state": if up { "up" } else { "failed" }, "controller": up.then_some("nvme0"),
            "security": security, "attempts": 1, "reason": null, "connected_ms": null});
        let namespace = serde_json::json!({"nqn": NQN, "nsid": 1, "nid_type": null, "nid": null, "boot": true, "discovered": false,
            "state": "pending", "device": null, "reason": null, "present_ms": null});
        let status = serde_json::json!({"version": 1, "written_by": "nbft", "tables": [], "hostnqn": null, "hostid": null,
            "outcome": "failed", "message": "", "elapsed_ms": 1, "started_uptime_ms": 1, "interfaces": [], "paths": [path],
            "namespaces": [namespace], "left_out": []});
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn a_namespace_by_a_connection_that_was_not_held_against_the_profile_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let after = |status: &mut Status| {
            refresh(status, root);
            status.namespaces[0].state
        };
        for name in ["nvme0", "nvme7"] {
            let controller = root.join("sys/class/nvme").join(name);
            fs::create_dir_all(controller.join("nvme0n1")).unwrap();
            fs::create_dir_all(root.join("sys/block/nvme0n1")).unwrap();
            for (file, text) in [("state", "live"), ("subsysnqn", NQN), ("transport", "tcp"), ("nvme0n1/nsid", "1")] {
                fs::write(controller.join(file), text).unwrap();
            }
        }
        let asks = Some("authentication required");
        assert_eq!(after(&mut status(None, false)), State::Up);
        assert_eq!(after(&mut status(asks, false)), State::Pending);
        assert_eq!(after(&mut status(asks, true)), State::Up);
    }

    /// A controller with one namespace and its disk; `ana` is the ANA state of that, if it has one.
    fn show(root: &Path, state: &str, ana: Option<&str>) {
        let controller = root.join("sys/class/nvme/nvme0");
        fs::create_dir_all(controller.join("nvme0c0n1")).unwrap();
        fs::create_dir_all(root.join("sys/block/nvme0n1")).unwrap();
        let files = [("state", state), ("subsysnqn", NQN), ("transport", "tcp"), ("nvme0c0n1/nsid", "1")];
        for (file, text) in files.into_iter().chain(ana.map(|ana| ("nvme0c0n1/ana_state", ana))) {
            fs::write(controller.join(file), text).unwrap();
        }
    }

    /// What `nbft status` says of a status file with one path that is up: its JSON, its text and its exit status.
    fn shown(root: &Path) -> (serde_json::Value, String, Exit) {
        let mut status = status(None, true);
        (status.outcome, status.message) = (Outcome::Ok, "1 of 1 paths up, each boot namespace is there".to_owned());
        (status.namespaces[0].state, status.namespaces[0].device) = (State::Up, Some("/dev/nvme0n1".to_owned()));
        refresh(&mut status, root);
        (
            serde_json::to_value(&status).unwrap(),
            list::render(&status, output::Screen::plain(200)).plain(),
            outcome::exit_of(&status),
        )
    }

    #[test]
    fn a_controller_that_connects_again_is_shown_as_such() {
        let directory = tempfile::tempdir().unwrap();
        show(directory.path(), "connecting", None);
        let (json, text, exit) = shown(directory.path());
        let path = &json["paths"][0];
        assert_eq!((&path["state"], &path["controller_state"]), (&"failed".into(), &"connecting".into()));
        assert!(text.contains("path      nvme0        connecting 192.0.2.1 port 4420"), "{text}");
        let message = "0 of 1 paths up, missing boot namespace: NSID 1 of nqn.2014-08.org.example:s (no live path leads to it now)";
        assert_eq!((&json["message"], exit), (&message.into(), Exit::Failed));
        assert_eq!(json["outcome"], "ok", "when the file was written");
        show(directory.path(), "live", None);
        let (json, _, exit) = shown(directory.path());
        assert_eq!((&json["paths"][0]["controller_state"], exit), (&"live".into(), Exit::Ok));
        assert_eq!(json["message"], "1 of 1 paths up, each boot namespace is there");
    }

    #[test]
    fn the_first_line_is_the_outcome_of_now() {
        let directory = tempfile::tempdir().unwrap();
        let first = |state| {
            show(directory.path(), state, None);
            let mut status = status(None, true);
            (status.outcome, status.namespaces[0].state) = (Outcome::Ok, State::Up);
            status.message = outcome::message(&status);
            refresh(&mut status, directory.path());
            let text = text::tables(&status, None, output::Screen::plain(80)).plain();
            text.lines().next().unwrap_or_default().to_owned()
        };
        assert_eq!(first("connecting"), "failed: 0 of 1 paths up, 0 of 1 boot namespaces there");
        assert_eq!(first("live"), "ok: 1 of 1 paths up, 1 of 1 boot namespaces there");
    }

    #[test]
    fn a_live_path_without_access_is_not_up() {
        let directory = tempfile::tempdir().unwrap();
        show(directory.path(), "live", Some("inaccessible"));
        let (json, text, exit) = shown(directory.path());
        let path = &json["paths"][0];
        assert_eq!((&path["state"], &path["ana_state"]), (&"failed".into(), &"inaccessible".into()));
        assert_eq!(
            (&path["code"], &json["namespaces"][0]["code"]),
            (&"path-inaccessible".into(), &"namespace-inaccessible".into())
        );
        assert_eq!(json["namespaces"][0]["state"], "failed");
        assert!(text.contains("the ANA state of its namespace is inaccessible"), "{text}");
        assert!(
            json["message"].as_str().unwrap().starts_with("0 of 1 paths up, missing boot namespace: NSID 1"),
            "{json}"
        );
        assert_eq!(exit, Exit::Failed);
        show(directory.path(), "live", Some("optimized"));
        let (json, _, exit) = shown(directory.path());
        assert_eq!((&json["paths"][0]["ana_state"], exit), (&"optimized".into(), Exit::Ok));
    }
}

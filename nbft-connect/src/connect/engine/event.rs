//! Defines the events that the loop delivers, and the effects that it carries out.

use super::attempt::AttemptId;
use super::report::Report;
use crate::connect::target::LinkEndpoint;
use crate::net::NetEvent;
use crate::nvme::discovery::{DiscoveryConnection, DiscoveryResult};
use crate::nvme::fabrics::Written;
use crate::nvme::fabrics::options::{OptionString, Supported};
use crate::nvme::hold::Hold;
use crate::nvme::keys::{Fetch, Fetched};
use crate::nvme::module::ModuleError;
use crate::nvme::probe::{Probe, ProbeFailure};
use crate::nvme::security::Requirements;
use libnbft::plan::Network;
use std::io;
use std::time::{Duration, Instant};

/// What has happened.
pub(super) enum Event {
    /// The driver is loaded, or cannot be.
    Module(Result<(), ModuleError>),
    /// The fabrics device has listed its options.
    Supported(io::Result<Supported>),
    /// An interface has changed.
    Network(NetEvent),
    /// A probe has ended.
    Probed(AttemptId, Result<(), ProbeFailure>),
    /// The fabrics device has answered a path's write.
    Written(AttemptId, io::Result<Written>),
    /// The log page of a discovery controller is read, or cannot be.
    LogRead(AttemptId, io::Result<DiscoveryResult>),
    /// The routes for these new attempts are set, as far as the kernel let us.
    Routed(Vec<AttemptId>),
    /// A program has given secrets, or has failed to.
    Fetched(Fetched),
    /// The pause before the next try is over.
    PauseOver(AttemptId),
    /// Uevents report changes; these discovery controllers have a new log page.
    Uevents(io::Result<Vec<String>>),
    /// The time of a scan has come.
    ScanDue,
    /// The time to read the states of the connected controllers has come.
    CheckDue,
    /// A controller is disconnected, or cannot be.
    Disconnected(String, io::Result<()>),
    /// The time to write the status file has come.
    SaveDue,
    /// It is time to report what the run waits for.
    ReportDue,
    /// The grace after the last boot namespace is over.
    LingerOver,
    /// The budget is spent.
    Deadline,
    /// A signal asks for the end.
    Stop,
}

/// What the loop is to do.
#[derive(Debug)]
pub(super) enum Effect {
    /// Load the driver.
    LoadModule,
    /// Ask the device for its options.
    AskOptions,
    /// Probe a target, no sooner than `begins`.
    Probe { attempt: AttemptId, probe: Probe, begins: Instant },
    /// Write a path's options to the fabrics device; `hold` keeps controller IDs occupied meanwhile.
    Write { attempt: AttemptId, options: OptionString, requirements: Requirements, hold: Option<Hold> },
    /// Read the log page of a discovery controller that is connected as `name`.
    ReadLog { attempt: AttemptId, name: String },
    /// Connect a discovery controller and read its log page.
    Discover { attempt: AttemptId, kind: DiscoveryConnection, options: OptionString, requirements: Requirements },
    /// Set the routes of these links, then start these attempts.
    Route { links: Vec<(LinkEndpoint, Network)>, attempts: Vec<AttemptId> },
    /// Fetch secrets.
    Fetch(Fetch),
    /// Wait before the next try.
    Pause { attempt: AttemptId, pause: Duration },
    /// Disconnect a controller.
    Disconnect { controller: String },
    /// Register a controller as nbft's, and hide its secrets.
    Register { controller: String },
    /// Write the status file.
    Save,
    /// Report what the run waits for.
    Report(Report),
}

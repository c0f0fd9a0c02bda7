//! Holds the report of `nbft doctor` as data: the steps of each path that work, and the first that fails.

use super::cause::{Cause, Step};
use libnbft::plan::DiscoverySource;
use serde::Serialize;

/// Version of the JSON form; grows when a key changes its meaning.
pub(super) const VERSION: u32 = 1;

/// The first step that fails: what is wrong, and what to do, in a sentence each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Broken {
    /// The step.
    pub(super) step: Step,
    /// The stable code of what is wrong; nbft-doctor(1) lists them.
    pub(super) code: &'static str,
    /// The code that the plan or status.json has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason_code: Option<String>,
    /// What is wrong.
    pub(super) problem: String,
    /// What to do.
    pub(super) remedy: String,
}

impl From<Cause> for Broken {
    fn from(cause: Cause) -> Self {
        Self {
            step: cause.step(),
            code: cause.code(),
            reason_code: cause.reason_code().map(str::to_owned),
            problem: cause.to_string(),
            remedy: cause.remedy(),
        }
    }
}

/// A step that works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Found {
    pub(super) step: Step,
    /// What is there.
    pub(super) what: String,
}

/// What firmware says of its own attempt at an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Firmware {
    /// `TABLE SSNS N`.
    pub(super) ssns: String,
    /// Its codes in words, those that say something.
    pub(super) codes: Vec<String>,
    /// What the most telling one means and what to do.
    pub(super) advice: Option<&'static str>,
}

/// A path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct PathReport {
    pub(super) nqn: String,
    pub(super) traddr: String,
    pub(super) trsvcid: u16,
    pub(super) host_iface: String,
    pub(super) ssns: Vec<String>,
    /// The discovery controller that listed it, if it is not from the tables.
    pub(super) discovered: Option<DiscoverySource>,
    /// Whether firmware marked it unavailable: its failure does not count.
    pub(super) unavailable: bool,
    /// Whether it needs a route from a router, and another path needs none: its failure does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) spare: bool,
    /// The steps that work, in order.
    pub(super) found: Vec<Found>,
    /// The first that fails.
    pub(super) broken: Option<Broken>,
    pub(super) controller: Option<String>,
    pub(super) firmware: Vec<Firmware>,
}

impl PathReport {
    /// Whether one of its steps fails. A path that is excluded does not count.
    pub(super) fn has_failed(&self) -> bool {
        self.broken.as_ref().is_some_and(|broken| broken.step != Step::Exclusion)
    }
}

/// A discovery controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct DiscoveryReport {
    pub(super) nqn: String,
    pub(super) traddr: String,
    pub(super) trsvcid: u16,
    pub(super) host_iface: String,
    /// `TABLE discovery N`.
    pub(super) descriptors: Vec<String>,
    /// The steps that work, in order.
    pub(super) found: Vec<Found>,
    /// The first that fails.
    pub(super) broken: Option<Broken>,
}

/// An entry of a table that cannot become a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct EntryReport {
    /// `TABLE SSNS N`.
    pub(super) entry: String,
    pub(super) broken: Broken,
    pub(super) firmware: Vec<Firmware>,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct NamespaceReport {
    pub(super) nqn: String,
    pub(super) nsid: u32,
    pub(super) nid_type: Option<&'static str>,
    pub(super) nid: Option<String>,
    /// Whether booting waits for it.
    pub(super) boot: bool,
    /// `/dev/nvmeXnY` when it can be used.
    pub(super) device: Option<String>,
}

/// Something about the machine that keeps paths from working, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Warning {
    /// A stable name.
    pub(super) name: &'static str,
    pub(super) problem: String,
    pub(super) remedy: String,
}

impl Warning {
    pub(super) fn new(name: &'static str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, problem: problem.into(), remedy: remedy.into() }
    }
}

/// The result of the examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Everything works.
    Ok,
    /// Each boot namespace is present, but a path or entry that firmware had connected is not.
    Degraded,
    /// A boot namespace is missing.
    Failed,
    /// The tables ask for nothing.
    Nothing,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    pub(super) version: u32,
    pub(super) verdict: Verdict,
    /// The verdict in a sentence.
    pub(super) message: String,
    pub(super) tables: Vec<String>,
    pub(super) warnings: Vec<Warning>,
    pub(super) paths: Vec<PathReport>,
    /// Discovery controllers that are asked.
    pub(super) discovery: Vec<DiscoveryReport>,
    /// Boot entries that cannot become paths.
    pub(super) entries: Vec<EntryReport>,
    pub(super) namespaces: Vec<NamespaceReport>,
}

impl Report {
    /// The empty report of a machine without a table that can be read; `unreadable` says why others cannot.
    pub(super) fn without_tables(unreadable: &[String]) -> Self {
        let (verdict, message) = match unreadable {
            [] => (Verdict::Nothing, "there is no NBFT".to_owned()),
            reasons => (Verdict::Failed, format!("no NBFT could be read: {}", reasons.join("; "))),
        };
        Self {
            version: VERSION,
            verdict,
            message,
            tables: Vec::new(),
            warnings: Vec::new(),
            paths: Vec::new(),
            discovery: Vec::new(),
            entries: Vec::new(),
            namespaces: Vec::new(),
        }
    }
}

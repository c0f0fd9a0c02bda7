//! Builds a table for a machine whose firmware left none, by `rd.nvmf.connect=`, and stores it for later commands.

use crate::cli::ExportFormat;
use crate::dhcp_options::ClientOptions;
use crate::error::Error;
use crate::input::plan::Tables;
use crate::input::request::{CONNECT, NicName, NicRequest, Request, RequestError, Target};
use crate::input::synthesis::{self, BUILT_TABLE, BUILT_TABLES, FoundNic, Leased};
use crate::kernel_command_line::KernelCommandLine;
use crate::net::{Dhcp, Lease, Survey, SurveyedNic};
use crate::output::escape;
use crate::output::replace::{PUBLIC, replace};
use crate::{export, initramfs};
use libnbft::model::{Mac, Table};
use libnbft::plan::{Network, Options, Plan, Source};
use std::cell::RefCell;
use std::path::Path;
use std::time::Instant;

/// Why there is nothing to connect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NothingFound {
    /// A parameter cannot be used, and without it there is no target, or other NICs would be used.
    #[error("{0}")]
    Parameter(RequestError),
    /// None of the NICs that are named is there.
    #[error("no NIC that rd.nvmf.iface= or {CONNECT}= names is there")]
    Nic,
    /// No NIC has a carrier, or no server has answered.
    #[error("no NIC has a carrier and the answer of a DHCP server")]
    Carrier,
    /// No DHCP server has named a target.
    #[error("no DHCP server has named a root path of the form nvme+tcp://ADDRESS[:PORT]/NQN/NID (option 17)")]
    RootPath,
}

impl NothingFound {
    /// Whether it stays so as long as the machine runs.
    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Parameter(_))
    }
}

/// The table that the kernel's command line asks for; none if it asks for none.
pub(super) fn tables(
    kernel: &KernelCommandLine,
    client: &ClientOptions,
    root: &Path,
    deadline: Instant,
) -> Result<Result<Tables, NothingFound>, Error> {
    let Some((request, errors)) = Request::read(kernel) else { return Ok(Ok(Tables::default())) };
    errors.iter().for_each(|error| log::error!("{error}"));
    let is_without_target = request.targets.is_empty() && !request.by_root_path;
    if let Some(error) = errors.into_iter().find(|error| is_without_target || error.is_of_nic()) {
        return Ok(Err(NothingFound::Parameter(error)));
    }
    let built = build(&request, client, root, deadline)?;
    Ok(built.map(|table| {
        store(&table, root);
        Tables { tables: vec![(BUILT_TABLE.into(), table)], unreadable: Vec::new() }
    }))
}

/// Warns if the kernel's command line asks for a table although firmware has left one, which takes precedence.
pub(super) fn say_if_unused(kernel: &KernelCommandLine, tables: &Tables) {
    let is_built = tables.tables.iter().all(|(name, _)| name == BUILT_TABLE);
    if !is_built && kernel.values(CONNECT).next().is_some() {
        log::warn!("{CONNECT}= is not used: the machine has an NBFT");
    }
}

/// Writes udev rules for a built table: the rules for other tables were written before it existed.
pub(super) fn leave_rules(plan: &Plan, root: &Path) {
    if plan.tables != [BUILT_TABLE] || !initramfs::is_at(root) {
        return;
    }
    let directory = root.join("run/udev/rules.d");
    let files = export::files(ExportFormat::Udev, plan, None, root, false).unwrap_or_default();
    for file in files {
        if let Err(error) = file.write(&directory) {
            log::warn!("{}: {}: {error}", directory.display(), file.name);
        }
    }
}

/// Leaves the table for `plan`, `export`, `doctor` and the resident service.
fn store(table: &Table, root: &Path) {
    let file = root.join(BUILT_TABLES.trim_start_matches('/')).join(BUILT_TABLE);
    let written = libnbft::write(table).map_err(std::io::Error::other).and_then(|bytes| replace(&file, &bytes, PUBLIC));
    if let Err(error) = written {
        log::warn!("{}: {error}; the running system will not know what was connected", file.display());
    }
}

fn build(
    request: &Request,
    client: &ClientOptions,
    root: &Path,
    deadline: Instant,
) -> Result<Result<Table, NothingFound>, Error> {
    if let Some(nics) = synthesis::known_nics(request, root) {
        return Ok(Ok(synthesis::table(&request.targets, &request.nics, &nics, root)));
    }
    // The root paths received, each with the NIC that received it.
    let heard: RefCell<Vec<(Mac, Target)>> = RefCell::default();
    let surveyed = survey(request, client, root, deadline, &heard)?;
    let mut targets = request.targets.clone();
    for nic in &surveyed {
        let of_nic = heard.borrow().iter().find(|(mac, _)| *mac == nic.mac).map(|(_, target)| target.clone());
        targets.extend(of_nic.map(|target| Target { nic: Some(NicName::Mac(nic.mac)), ..target }));
    }
    if surveyed.is_empty() {
        return Ok(Err(match (request.by_root_path, request.nics.is_empty()) {
            (true, _) => NothingFound::RootPath,
            (false, true) => NothingFound::Carrier,
            (false, false) => NothingFound::Nic,
        }));
    }
    let nics: Vec<FoundNic> = surveyed.iter().map(found).collect();
    Ok(Ok(synthesis::table(&targets, &request.nics, &nics, root)))
}

fn found(nic: &SurveyedNic) -> FoundNic {
    let granted = |lease: &Lease| Leased { address: lease.address, prefix: lease.prefix, server: lease.server };
    let leased = nic.lease.as_ref().map(granted);
    FoundNic { mac: nic.mac, name: Some(nic.name.clone()), leased }
}

fn survey(
    request: &Request,
    client: &ClientOptions,
    root: &Path,
    deadline: Instant,
    heard: &RefCell<Vec<(Mac, Target)>>,
) -> Result<Vec<SurveyedNic>, Error> {
    let accepts = |mac: Mac, name: &str, lease: &Lease| {
        if !request.by_root_path {
            return true;
        }
        let target = match lease.root_path.as_deref().map(Target::of_root_path) {
            None => {
                log::info!("{name}: the DHCP server {} names no root path", lease.server);
                return false;
            }
            Some(Err(fault)) => {
                log::warn!("{name}: {fault}");
                return false;
            }
            Some(Ok(target)) => target,
        };
        log::info!("{name}: root path {}", escape(&target.path.to_string()));
        heard.borrow_mut().push((mac, target));
        true
    };
    let wanted = request.nics.iter().map(|wanted| &wanted.nic).collect();
    let has_ipv6 = request.targets.iter().any(|target| target.address.is_ipv6());
    let asks = request.by_root_path || request.nics.is_empty() && !has_ipv6;
    let dhcp = asks.then_some(Dhcp { network: &dhcp_network, accepts: &accepts });
    let survey = Survey { wanted, dhcp, client, deadline };
    let runtime = super::runtime()?;
    let surveyed = runtime.block_on(survey.run(root));
    surveyed.map_err(Error::network)
}

/// The network with which a NIC asks a DHCP server, as if it were an HFI of its own.
fn dhcp_network(mac: Mac) -> Option<Network> {
    let anywhere = Target::of_root_path("nvme+tcp://192.0.2.1/nqn.2014-08.org.example:s").ok()?;
    let nic = NicRequest { nic: NicName::Mac(mac), vlan: None, address: None, gateway: None, method: None };
    let nics = [FoundNic { mac, name: None, leased: None }];
    let table = synthesis::table(&[anywhere], &[nic], &nics, Path::new("/"));
    let plan = Plan::new(&[Source { name: BUILT_TABLE, table: &table }], &Options::default());
    plan.networks().next().map(|(_, network)| network.clone())
}

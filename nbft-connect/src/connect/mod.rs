//! `nbft connect`: sets up the interfaces, connects the controllers, waits for the namespaces.

mod backoff;
mod engine;
mod failure;

mod paths;
pub(crate) mod registry;
mod restore;
mod target;
#[cfg(test)]
mod tests;
mod without_table;

pub use failure::codes as failure_codes;
pub(crate) use paths::is_path;
pub(crate) use restore::restore_discovered;
pub(crate) use target::{LinkEndpoint, Target};

use crate::cli::{Bind, Common, ConnectArgs};
use crate::dhcp_options::ClientOptions;
use crate::error::{Error, Part};
use crate::exit::Exit;
use crate::input::plan;
use crate::input::tunables::ConnectionSettings;
use crate::kernel_command_line::KernelCommandLine;
use crate::nvme::discoverd;
use crate::nvme::exclusions::RUNTIME_LIST;
use crate::nvme::fabrics::Helper;
use crate::nvme::keys::{Keys, credentials};
use crate::nvme::sock_diag;
use crate::output::replace::{PUBLIC, replace};
use crate::output::{Audience, escape, logger};
use crate::process;
use crate::status::file::StatusFile;
use crate::status::outcome;
use crate::status::schema::{Outcome, STATUS_FILE, Status};
use crate::{handover, net};
use clap::ValueEnum;
use engine::{Ended, Engine, RunMode, Settings};
use libnbft::plan::{Additions, Interface, Names, Plan, Policy};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use without_table::NothingFound;

/// Seconds after which waiting ends, unless the user says otherwise. Below dracut's rd.retry (180), so that our report is
/// there before dracut gives up.
const DEFAULT_TIMEOUT: u32 = 120;

/// The pause before DHCP servers are asked again for a target, if there is no table. nbft-connect.service has the same pause.
const AGAIN: Duration = Duration::from_secs(5);

/// How long a resident process may fetch secrets from programs.
const SECRETS: Duration = Duration::from_secs(60);

/// Threads that start programs, and the stack of each in bytes.
const THREADS: usize = 24;
const THREAD_STACK: usize = 256 << 10;

/// Runs the command.
///
/// # Errors
///
/// Why the command cannot start at all. Later failures are in the status and the exit code.
pub fn run(args: &ConnectArgs, common: &Common) -> Result<Exit, Error> {
    let started = Instant::now();
    let root = common.path("/");
    let kernel = KernelCommandLine::read(&root);
    if let Some(parameter) = kernel.nbft_off() {
        log::info!(target: logger::CONSOLE, "{parameter} on the kernel's command line: the NBFT is left alone");
        return Ok(Exit::Nothing);
    }
    if !args.stay {
        readmit(common);
    }
    let mut status_file = StatusFile::new(common.path(STATUS_FILE));
    let mut round = started;
    let tables = loop {
        match tables(args, common, &kernel, round)? {
            Ok(tables) => break tables,
            Err(reason) => {
                finish_early(&Plan::default(), &mut status_file, Outcome::Failed, reason.to_string())?;
                if !args.keep_trying || reason.is_final() {
                    return Ok(Exit::Failed);
                }
            }
        }
        // No signal handler is set yet, so a signal ends the process at once.
        std::thread::sleep(AGAIN);
        round = Instant::now();
    };
    let plan = plan::plan(&tables, &args.plan, &kernel);
    without_table::leave_rules(&plan, &root);
    if tables.tables.is_empty() {
        return nothing_read(&plan, &tables, &mut status_file);
    }
    let read = Status::read(status_file.path()).inspect_err(|error| log::warn!("{error}; what it said is not used"));
    let (before, is_broken) = read.map_or((None, true), |before| (before, false));
    let left_alone = if args.stay { not_to_stay(&mut status_file, before.as_ref(), is_broken) } else { None };
    if let Some(exit) = left_alone {
        return Ok(exit);
    }
    if let Some(exit) = nothing_to_connect(&plan, &mut status_file)? {
        return Ok(exit);
    }
    if args.stay && discoverd::takes_nbft(&root) {
        log::warn!("nvme-discoverd connects the NBFT's paths too: set nbft=false in {}", discoverd::SETTINGS);
    }
    let until = match args.stay {
        true => RunMode::Resident,
        false => RunMode::UntilBoot { timeout: timeout(args, &kernel), wait: args.wait },
    };
    let additions = before.as_ref().map(|before| restore::restore_discovered(&plan, before, &root)).unwrap_or_default();
    let service = match until {
        RunMode::Resident => Some(std::process::id()),
        RunMode::UntilBoot { .. } => before.as_ref().and_then(|status| outcome::service(status, &root)),
    };
    let whole = plan.with(&additions);
    let keys = keys(&whole, &root, args.stay)?;
    let audience = Audience::current();
    let settings = Settings {
        root: root.clone(),
        status_file,
        until,
        keeps_trying: args.keep_trying,
        before,
        service,
        connections: ConnectionSettings::read(&args.tunables.given(), &kernel, &root),
        bind: bind(args, &kernel),
        persistent_discovery: args.persistent_discovery || kernel.switch("rd.nvmf.persistent-discovery"),
        one_path: args.one_path || is_crash_kernel(&root),
        keys,
        sockets: Box::new(sock_diag::Kernel),
        started,
        audience,
        report_every: args.report_every.map_or(audience.pause(), |seconds| Duration::from_secs(seconds.into())),
    };
    let client = client_options(args, &kernel);
    let network = net::NetOptions::new(root).with_mtu(mtu(&kernel)).with_client_options(client.clone());
    let network = network.keeping_names(plan.names == Names::Kernel);
    let ended = work(plan, additions, &whole.interfaces, settings, network, common)?;
    if !args.stay {
        handover::leave(&ended.plan, &ended.status, args.handover, &client, &common.path("/"));
    }
    Ok(ended.exit)
}

/// The tables; without any, the one that the kernel's command line describes. The service finds that one already built.
fn tables(
    args: &ConnectArgs,
    common: &Common,
    kernel: &KernelCommandLine,
    started: Instant,
) -> Result<Result<plan::Tables, NothingFound>, Error> {
    let tables = plan::present_tables(common)?;
    if !args.stay && plan::is_without_table(&tables, common) {
        return without_table::tables(
            kernel,
            &client_options(args, kernel),
            &common.path("/"),
            started + timeout(args, kernel),
        );
    }
    without_table::say_if_unused(kernel, &tables);
    Ok(Ok(tables))
}

/// Removes the exclusions of `nbft disconnect`: a connection by hand revokes them.
fn readmit(common: &Common) {
    let list = common.path(RUNTIME_LIST);
    match std::fs::remove_file(&list) {
        Ok(()) => log::info!("{}: removed; what nbft disconnect has excluded is connected again", list.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => log::warn!("{}: {error}", list.display()),
    }
}

/// The exit if the service has nothing to do, or must not start yet. If the status file cannot be read, the service fails: the file may be
/// the only trace of what was connected.
fn not_to_stay(status_file: &mut StatusFile, before: Option<&Status>, is_broken: bool) -> Option<Exit> {
    if !status_file.was_connected(before) {
        if is_broken {
            log::error!("whether anything of the NBFT was connected when this system started is not known");
            return Some(Exit::Failed);
        }
        log::info!(
            "nothing of the NBFT was connected when this system started: its network and its targets are left alone"
        );
        return Some(Exit::Nothing);
    }
    let process = status_file.other_writer()?;
    if before.and_then(|before| before.service) == Some(process) {
        log::error!("process {process} is nbft connect --stay already: there is one for a machine");
        return Some(Exit::Failed);
    }
    None
}

/// The secrets that the plan needs, from files. A resident process reads them now, and fetches from programs only for a while: later, files
/// and programs may be on the very namespaces that they are to connect.
fn keys(plan: &Plan, root: &std::path::Path, staying: bool) -> Result<Keys, Error> {
    let hostnqn = plan.host.as_ref().map(|host| host.nqn.as_str()).unwrap_or_default();
    let mut keys = Keys::new(root, credentials(root), hostnqn);
    let paths = plan.paths.iter().map(|path| (&path.nqn, &path.security));
    let discovery = plan.discovery.iter().map(|controller| (&controller.nqn, &controller.security));
    let secured = paths.chain(discovery).filter_map(|(nqn, security)| Some((nqn, security.as_ref()?)));
    let wanted: Vec<(&String, &Policy)> =
        secured.filter(|(_, policy)| policy.authenticates() || policy.secures()).collect();
    // A discovered subsystem may require security as well.
    if !wanted.is_empty() || !plan.discovery.is_empty() {
        process::leave_no_core();
    }
    for (nqn, policy) in &wanted {
        // A connection that needs the secret reports the error.
        if policy.authenticates() {
            let _ = keys.find(nqn, &policy.redfish);
        }
        if policy.secures() {
            keys.prepare_tls(nqn, &policy.redfish);
        }
    }
    if staying {
        keys.close(Instant::now() + SECRETS);
    }
    Ok(keys)
}

/// Whether this kernel was started to dump a crashed one. It has little memory of its own.
fn is_crash_kernel(root: &std::path::Path) -> bool {
    root.join("proc/vmcore").exists()
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Small stacks for the threads that start programs: a resident process locks all its memory.
        .thread_stack_size(THREAD_STACK)
        .max_blocking_threads(THREADS)
        .build();
    runtime.map_err(Part::Runtime.failed())
}

/// The budget: option, then rd.nvmf.timeout=, then the default.
fn timeout(args: &ConnectArgs, kernel: &KernelCommandLine) -> Duration {
    let seconds = match (args.timeout, kernel.value(&["rd.nvmf.timeout"])) {
        (Some(seconds), _) => seconds,
        (None, Some(text)) => text.parse().ok().filter(|seconds| *seconds > 0).unwrap_or_else(|| {
            // A typing error on the kernel's command line must not prevent the boot.
            log::warn!("rd.nvmf.timeout={text} is not a number of seconds: {DEFAULT_TIMEOUT} is used");
            DEFAULT_TIMEOUT
        }),
        (None, None) => DEFAULT_TIMEOUT,
    };
    Duration::from_secs(seconds.into())
}

fn nothing_read(plan: &Plan, tables: &plan::Tables, status_file: &mut StatusFile) -> Result<Exit, Error> {
    if tables.unreadable.is_empty() {
        return Ok(Exit::Nothing);
    }
    let message = format!("no NBFT could be read: {}", tables.unreadable.join("; "));
    finish_early(plan, status_file, Outcome::Failed, message)?;
    Ok(Exit::Failed)
}

/// The exit if the plan has no path and no discovery controller: success if nothing was requested, failure if a request cannot be met.
fn nothing_to_connect(plan: &Plan, status_file: &mut StatusFile) -> Result<Option<Exit>, Error> {
    for left in &plan.left_out {
        log::warn!("{}: {} is left out: {}", left.origin.table, left.name(), left.reason);
    }
    for refused in &plan.refused_bonds {
        log::warn!("{refused}; its NICs are used one by one");
    }
    if plan.paths.is_empty() && plan.discovery.is_empty() {
        let wanted = plan.left_out.iter().any(|left| left.item.is_target());
        let (outcome, exit, message) = if wanted {
            (Outcome::Failed, Exit::Failed, "no subsystem of the NBFT can be connected")
        } else {
            (Outcome::Nothing, Exit::Nothing, "the NBFT names no subsystem: there is nothing to connect")
        };
        finish_early(plan, status_file, outcome, message.to_owned())?;
        return Ok(Some(exit));
    }
    if plan.host.is_none() {
        let message =
            "the NBFT gives no usable host NQN and host ID; rd.nvmf.hostnqn= and rd.nvmf.hostid= can".to_owned();
        finish_early(plan, status_file, Outcome::Failed, message)?;
        return Ok(Some(Exit::Failed));
    }
    Ok(None)
}

fn finish_early(plan: &Plan, status_file: &mut StatusFile, outcome: Outcome, message: String) -> Result<(), Error> {
    let level = if outcome == Outcome::Failed { log::Level::Error } else { log::Level::Info };
    log::log!(level, "{message}");
    let mut status = Status::of_plan(plan);
    status.outcome = outcome;
    status.message = message;
    let written = status_file.write(&status).map(drop);
    written.map_err(|source| Error::Write { path: status_file.path().to_path_buf(), source })
}

fn work(
    plan: Plan,
    additions: Additions,
    interfaces: &[Interface],
    settings: Settings,
    mut network: net::NetOptions,
    common: &Common,
) -> Result<Ended, Error> {
    let staying = settings.until == RunMode::Resident;
    if staying {
        network = network.maintaining(settings.before.as_ref().map(|before| before.leases(&plan)).unwrap_or_default());
    }
    // Before the runtime, while there is one thread.
    let lock = || {
        if staying {
            process::never_wait_for_the_log();
            process::lock_memory();
        }
    };
    lock();
    let helper = Helper::start(common.path("/"), lock).map_err(Part::Helper.failed())?;
    leave_identity(&plan, common);
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let device = helper.into_device().map_err(Part::Helper.failed())?;
        let (events, heard) = tokio::sync::mpsc::unbounded_channel();
        let network = net::start(interfaces, network, events).await.map_err(Error::network)?;
        Engine::new(plan, additions, settings, device).with_router(network.router()).run(heard).await
    })?;
    // Do not wait for the runtime's background tasks.
    runtime.shutdown_background();
    Ok(ended)
}

/// The MTU of the kernel's command line.
fn mtu(kernel: &KernelCommandLine) -> Option<u16> {
    kernel.mtu().unwrap_or_else(|error| {
        log::warn!("{error}: the MTU is left as it is");
        None
    })
}

/// What the DHCP client tells servers about itself: options, then the kernel's command line.
fn client_options(args: &ConnectArgs, kernel: &KernelCommandLine) -> ClientOptions {
    let (given, invalid) = kernel.client_options();
    for parameter in invalid {
        log::warn!("{}", escape(&parameter.to_string()));
    }
    args.network.client_options().or(given)
}

/// What connections are bound to: option, then rd.nvmf.bind=, then the interface.
fn bind(args: &ConnectArgs, kernel: &KernelCommandLine) -> Bind {
    let of_kernel = || {
        let text = kernel.value(&["rd.nvmf.bind"])?;
        let read = Bind::from_str(&text, false).ok();
        if read.is_none() {
            log::warn!("rd.nvmf.bind={} is neither address nor interface: interface is used", escape(&text));
        }
        read
    };
    args.network.bind.or_else(of_kernel).unwrap_or_default()
}

/// Writes the host NQN and host ID for later tools.
fn leave_identity(plan: &Plan, common: &Common) {
    let Some(host) = &plan.host else { return };
    for (name, value) in [("hostnqn", host.nqn.clone()), ("hostid", host.id.to_string())] {
        let file: PathBuf = common.path("/run/nbft").join(name);
        // Other programs read the raw value; an escaped one would name another host.
        if !value.chars().all(libnbft::text::is_harmless) {
            log::warn!("{}: not written, since {value} holds characters that are not shown", file.display());
            continue;
        }
        if let Err(error) = replace(&file, format!("{value}\n").as_bytes(), PUBLIC) {
            log::warn!("{}: {error}", file.display());
        }
    }
}

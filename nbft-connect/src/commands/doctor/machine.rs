//! Reads the state of the machine once, for all paths.

use super::generator::Generator;
use super::image::module_name;
use crate::cli::Common;
use crate::connect::{LinkEndpoint, Target};
use crate::error::Error;
use crate::kernel_command_line::KernelCommandLine;
use crate::net::NetSnapshot;
use crate::nvme::exclusions::{Exclusions, Place};
use crate::nvme::sysfs::{self, Controller};
use crate::status::schema::{DiscoveryStatus, HfiStatus, Outcome, PathStatus, STATUS_FILE, Status};
use libnbft::plan::{DiscoveryController, NetworkRef, Plan};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The state of the machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) root: PathBuf,
    pub(super) view: NetSnapshot,
    pub(super) controllers: Vec<Controller>,
    /// The status file of the last `connect`, if it has run.
    pub(super) status: Option<Status>,
    pub(super) kernel: KernelCommandLine,
    /// The program that makes its initramfs.
    pub(super) generator: Generator,
    exclusions: RefCell<Exclusions>,
    /// How long one probe may take.
    pub(super) limit: Duration,
}

impl Machine {
    /// Reads the state; must be called on the runtime.
    pub(super) async fn look(common: &Common, kernel: KernelCommandLine, limit: Duration) -> Result<Self, Error> {
        let root = common.path("/");
        let view = NetSnapshot::take().await.map_err(Error::network)?;
        let controllers = sysfs::controllers(&root);
        // A file that cannot be read counts as none, after a line in the log.
        let status = Status::read(&common.path(STATUS_FILE)).inspect_err(|error| log::warn!("{error}")).ok().flatten();
        let generator = Generator::look(&root);
        let exclusions = RefCell::default();
        Ok(Self { root, view, controllers, status, kernel, generator, exclusions, limit })
    }

    /// The host NQN, or nothing.
    pub(super) fn host(&self, plan: &Plan) -> String {
        plan.host.as_ref().map(|host| host.nqn.clone()).unwrap_or_default()
    }

    /// The entry of a list that excludes a connection; `ready` is its endpoint, if there is one.
    pub(super) fn exclusion(&self, plan: &Plan, to: &Target<'_>, ready: Option<&LinkEndpoint>) -> Option<Place> {
        let host = plan.host.as_ref()?;
        self.exclusions.borrow_mut().find(&self.root, &to.identity(host, ready)).cloned()
    }

    /// What `connect` says of a path.
    pub(super) fn path_status(&self, plan: &Plan, number: usize) -> Option<&PathStatus> {
        let path = plan.paths.get(number)?;
        self.status.as_ref()?.paths.get(number).filter(|status| {
            status.nqn == path.nqn && status.traddr == path.traddr.to_string() && status.trsvcid == path.trsvcid
        })
    }

    /// What `connect` says of a discovery controller.
    pub(super) fn discovery_status(&self, controller: &DiscoveryController) -> Option<&DiscoveryStatus> {
        let same = |status: &&DiscoveryStatus| {
            (&status.nqn, status.trsvcid) == (&controller.nqn, controller.trsvcid)
                && status.traddr == controller.traddr.to_string()
        };
        self.status.as_ref()?.discovery.iter().find(same)
    }

    /// What `connect` says of an HFI.
    pub(super) fn interface_status(&self, plan: &Plan, at: NetworkRef) -> Option<&HfiStatus> {
        let hfi = &plan.network(at)?.hfi;
        self.status.as_ref()?.interface(&hfi.table, hfi.index)
    }

    /// Whether `connect` is at work: it has not ended, or the resident service runs.
    pub(super) fn is_connecting(&self) -> bool {
        let Some(status) = &self.status else { return false };
        status.outcome == Outcome::Running || crate::status::outcome::service(status, &self.root).is_some()
    }

    /// Whether the transport's driver is in the kernel.
    pub(super) fn has_driver(&self) -> bool {
        self.root.join("sys/module/nvme_tcp").exists()
    }

    /// Whether the kernel can be asked for connections.
    pub(super) fn has_device(&self) -> bool {
        self.root.join("dev/nvme-fabrics").exists()
    }

    /// Whether a module exists where modprobe would look for it; `None` if that is unknown.
    pub(super) fn has_module_file(&self, name: &str) -> Option<bool> {
        let release = std::fs::read_to_string(self.root.join("proc/sys/kernel/osrelease")).ok()?;
        let list = Path::new("lib/modules").join(release.trim()).join("modules.dep");
        let list = std::fs::read_to_string(self.root.join(list)).ok();
        // No list means no module: an image without modules has no directory for them.
        Some(list.is_some_and(|list| list.lines().any(|line| is_module(line, name))))
    }
}

/// Whether a line of modules.dep (`path/to/name.ko.xz: ...`) is a module's own.
fn is_module(line: &str, name: &str) -> bool {
    let module = line.split(':').next().and_then(module_name);
    module.is_some_and(|module| module == name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::is_module;

    #[test]
    fn modules_are_known_by_their_file() {
        assert!(is_module(
            "kernel/drivers/nvme/host/nvme-tcp.ko.xz: kernel/drivers/nvme/host/nvme-core.ko.xz",
            "nvme-tcp"
        ));
        assert!(is_module("kernel/drivers/nvme/host/nvme_tcp.ko:", "nvme-tcp"));
        assert!(!is_module("kernel/drivers/nvme/target/nvmet-tcp.ko.xz: kernel/nvme-tcp.ko", "nvme-tcp"));
    }
}

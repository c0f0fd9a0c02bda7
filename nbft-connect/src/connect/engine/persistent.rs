//! Follows persistent discovery controllers: finds them again, rereads changed log pages, and notices removals.

use super::attempt::{AttemptId, Phase};
use super::state::StateMachine;
use crate::connect::paths::leads_to;
use crate::connect::target::Target;
use crate::nvme::sysfs::{self, Controller};

impl StateMachine {
    /// The kernel's controller through which the log page can be read again: a persistent one, or another program's. With a security
    /// profile, only nbft's own counts: nothing tells how another program's was secured.
    pub(super) fn connected(&mut self, id: AttemptId) -> Option<String> {
        let all = self.watch.controllers(&self.settings.root, |_| true);
        let discovery = self.attempts[id].discovery()?;
        let target = Target::from(&discovery.planned);
        let endpoint = self.endpoint(target.network);
        let fits = |controller: &Controller| {
            controller.is_live()
                && leads_to(controller, &target, endpoint)
                && (discovery.status.controller.as_ref() == Some(&controller.name) || target.security.is_none())
                && sysfs::is_discovery(&self.settings.root, &controller.name)
        };
        all.into_iter().find(fits).map(|controller| controller.name)
    }

    /// The log page of a discovery controller has changed: reads it again.
    pub(super) fn read_news(&mut self, name: &str) {
        let all = self.watch.controllers(&self.settings.root, |_| true);
        let Some(controller) = all.iter().find(|controller| controller.name == name) else { return };
        let mut discovery = self.attempts.discovery();
        let of_it = discovery.find(|(.., known)| {
            let target = Target::from(&known.planned);
            leads_to(controller, &target, self.endpoint(target.network))
        });
        let Some((id, phase, _)) = of_it else { return };
        drop(discovery);
        log::info!("{name}: what the discovery controller tells has changed");
        match phase {
            Phase::Idle | Phase::Pause => self.start(id),
            Phase::Writing => {
                if let Some(discovery) = self.attempts[id].discovery_mut() {
                    discovery.has_news = true;
                }
            }
            Phase::WaitNetwork | Phase::Probing | Phase::Queued | Phase::WaitKeys | Phase::Up => {}
        }
    }

    /// Finds persistent discovery controllers that the kernel has removed, and starts them again.
    pub(super) fn find_lost_discovery(&mut self, controllers: &[Controller]) {
        let is_there = |name: &String| controllers.iter().any(|known| known.name == *name && !known.is_deleting());
        let mut lost = Vec::new();
        for (id, attempt) in self.attempts.iter_mut() {
            let Some(discovery) = attempt.discovery_mut() else { continue };
            if let Some(name) = discovery.status.controller.take_if(|name| !is_there(name)) {
                log::warn!("{name}: the kernel has removed the discovery controller at {}", discovery.planned);
                lost.push((id, attempt.phase));
            }
        }
        for (id, phase) in lost {
            if matches!(phase, Phase::Idle | Phase::Pause) {
                self.start(id);
            }
        }
    }
}

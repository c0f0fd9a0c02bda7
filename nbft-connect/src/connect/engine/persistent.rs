//! Follows the discovery controllers that stay connected: finds them again, reads their news, and sees when one is removed.

use super::attempt::{Phase, TargetId};
use super::state::StateMachine;
use crate::connect::paths::leads_to;
use crate::connect::target::Target;
use crate::nvme::sysfs::{self, Controller};
use libnbft::plan::DiscoveryController;

impl StateMachine {
    /// The kernel's controller by which the log page is read again: it stayed connected, or another program has connected it. Where a
    /// security profile is named, only our own counts: nothing tells how another was made.
    pub(super) fn connected(&mut self, index: usize) -> Option<String> {
        let all = self.watch.controllers(&self.settings.root, |_| true);
        let (planned, known) = (&self.plan.discovery[index], &self.status.discovery[index].controller);
        let target = Target::from(planned);
        let endpoint = self.endpoint(planned.network);
        let fits = |controller: &Controller| {
            controller.state == "live"
                && leads_to(controller, &target, endpoint)
                && (known.as_ref() == Some(&controller.name) || planned.security.is_none())
                && sysfs::is_discovery(&self.settings.root, &controller.name)
        };
        all.into_iter().find(fits).map(|controller| controller.name)
    }

    /// The log page of a discovery controller has changed: reads it again.
    pub(super) fn read_news(&mut self, name: &str) {
        let all = self.watch.controllers(&self.settings.root, |_| true);
        let Some(controller) = all.iter().find(|controller| controller.name == name) else { return };
        let is_it = |planned: &DiscoveryController| {
            leads_to(controller, &Target::from(planned), self.endpoint(planned.network))
        };
        let Some(index) = self.plan.discovery.iter().position(is_it) else { return };
        log::info!("{name}: what the discovery controller tells has changed");
        let target = TargetId::Discovery(index);
        let Some(attempt) = self.attempt(target) else { return };
        match attempt.phase {
            Phase::Idle | Phase::Pause => self.start(target),
            Phase::Writing => attempt.has_news = true,
            Phase::WaitNetwork | Phase::Probing | Phase::Queued | Phase::WaitKeys | Phase::Up => {}
        }
    }

    /// Discovery controllers that stayed connected and that the kernel has removed.
    pub(super) fn find_lost_discovery(&mut self, controllers: &[Controller]) {
        for index in 0..self.plan.discovery.len() {
            let Some(name) = &self.status.discovery[index].controller else { continue };
            if controllers.iter().any(|controller| controller.name == *name && !controller.is_deleting()) {
                continue;
            }
            log::warn!("{name}: the kernel has removed the discovery controller at {}", self.plan.discovery[index]);
            self.status.discovery[index].controller = None;
            let target = TargetId::Discovery(index);
            if matches!(self.phase(target), Some(Phase::Idle | Phase::Pause)) {
                self.start(target);
            }
        }
    }
}

//! Discovery controllers that stay connected: found again, heard, and missed.

use super::Engine;
use super::discover::Step;
use crate::connect::paths::leads_to;
use crate::connect::target::Target;
use crate::nvme::fabrics::Fabrics;
use crate::nvme::sysfs::{self, Controller};
use libnbft::plan::DiscoveryController;

impl<F: Fabrics + 'static> Engine<F> {
    /// The controller of the kernel's by which one is asked again: it stayed connected, or another program has it. Where a
    /// security profile is named, only our own: how another was made nobody knows.
    pub(super) fn connected(&mut self, index: usize) -> Option<String> {
        let all = self.watch.controllers(&self.settings.root, |_| true);
        let (planned, known) = (&self.plan.discovery[index], &self.status.discovery[index].controller);
        let target = Target::from(planned);
        let ready = self.ready(planned.network);
        let fits = |controller: &Controller| {
            controller.state == "live"
                && leads_to(controller, &target, ready)
                && (known.as_ref() == Some(&controller.name) || planned.security.is_none())
                && sysfs::is_discovery(&self.settings.root, &controller.name)
        };
        all.into_iter().find(fits).map(|controller| controller.name)
    }

    /// What a controller tells has changed: it is asked again.
    pub(super) fn ask_for_news(&mut self, name: &str) {
        let all = self.watch.controllers(&self.settings.root, |_| true);
        let Some(controller) = all.iter().find(|controller| controller.name == name) else { return };
        let is_it =
            |planned: &DiscoveryController| leads_to(controller, &Target::from(planned), self.ready(planned.network));
        let Some(index) = self.plan.discovery.iter().position(is_it) else { return };
        log::info!("{name}: what the discovery controller tells has changed");
        match self.discovery.all[index].step {
            Step::Idle | Step::Pause => self.ask(index),
            Step::Asking => self.discovery.all[index].news = true,
            Step::WaitNetwork | Step::Probing | Step::Queued | Step::WaitKeys => {}
        }
    }

    /// Discovery controllers that stayed connected and that the kernel has removed.
    pub(super) fn find_lost_discovery(&mut self, controllers: &[Controller]) {
        for index in 0..self.discovery.all.len() {
            let Some(name) = &self.status.discovery[index].controller else { continue };
            if controllers.iter().any(|controller| controller.name == *name && !controller.is_deleting()) {
                continue;
            }
            log::warn!("{name}: the kernel has removed the discovery controller at {}", self.plan.discovery[index]);
            self.status.discovery[index].controller = None;
            if matches!(self.discovery.all[index].step, Step::Idle | Step::Pause) {
                self.ask(index);
            }
        }
    }
}

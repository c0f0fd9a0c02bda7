//! Gathers the settings of connections: options, the kernel's command line and `/etc/nbft/connect.conf`.

use super::connect_conf::ConnectConf;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::escape;
use crate::tunables::{Tunable, Tunables};
use std::path::Path;

/// The settings of all connections. An option takes precedence over the kernel's command line. That precedes the file's section for the
/// subsystem, and that the file's section for all.
#[derive(Debug, Clone, Default)]
pub struct ConnectionSettings {
    /// By option or on the kernel's command line.
    given: Tunables,
    conf: ConnectConf,
}

impl ConnectionSettings {
    /// Adds the settings of the kernel's command line and of the file under `root` to these options. Reports on stderr what is not used.
    #[must_use]
    pub fn read(options: &Tunables, kernel: &KernelCommandLine, root: &Path) -> Self {
        Self { given: options.or(&of_kernel(kernel)), conf: ConnectConf::read(root) }
    }

    /// The settings for the connections to a subsystem or discovery controller.
    #[must_use]
    pub fn of(&self, nqn: &str) -> Tunables {
        self.given.or(&self.conf.of(nqn))
    }

    /// The settings that any connection is given.
    pub fn all(&self) -> impl Iterator<Item = Tunable> {
        let all = self.conf.all().fold(self.given, |all, more| all.or(more));
        Tunable::ALL.into_iter().filter(move |tunable| all.get(*tunable).is_some())
    }

    /// A line for each subsystem that has settings.
    #[must_use]
    pub fn notes<'n>(&self, nqns: impl Iterator<Item = &'n str>) -> Vec<String> {
        let mut seen: Vec<&str> = Vec::new();
        let mut notes = Vec::new();
        for nqn in nqns {
            let tunables = self.of(nqn);
            if tunables != Tunables::default() && !seen.contains(&nqn) {
                seen.push(nqn);
                notes.push(format!("{nqn} is connected with {tunables}"));
            }
        }
        notes
    }
}

impl From<Tunables> for ConnectionSettings {
    fn from(given: Tunables) -> Self {
        Self { given, conf: ConnectConf::default() }
    }
}

/// The parameters `rd.nvmf.NAME=`. A typing error there must not prevent the boot: it is logged, and the setting is not given.
fn of_kernel(kernel: &KernelCommandLine) -> Tunables {
    let read = |tunable: Tunable| {
        let name = format!("rd.nvmf.{tunable}");
        let value = tunable.parse(&kernel.value(&[&name])?);
        let value = value.inspect_err(|error| log::warn!("{name}=: {}: it is not used", escape(&error.to_string())));
        Some((tunable, value.ok()?))
    };
    Tunable::ALL.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_goes_before_the_kernel_the_subsystem_and_all() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir_all(root.join("etc/nbft")).unwrap();
        let text = "[global]\nnr_io_queues=4\ntos=4\nqueue_size=40\nreconnect_delay=4\n[nqn.2014-08.org.example:root]\n\
                    nr_io_queues=3\ntos=3\nqueue_size=30\n";
        std::fs::write(root.join("etc/nbft/connect.conf"), text).unwrap();
        let kernel = KernelCommandLine::parse("quiet rd.nvmf.nr_io_queues=2 rd.nvmf.tos=2 rd.nvmf.keep_alive_tmo=x");
        let options: Tunables = [(Tunable::NrIoQueues, 1)].into_iter().collect();
        let settings = ConnectionSettings::read(&options, &kernel, root);
        let own = "nr_io_queues=1, queue_size=30, reconnect_delay=4, tos=2";
        assert_eq!(settings.of("nqn.2014-08.org.example:root").to_string(), own);
        assert_eq!(
            settings.of("nqn.2014-08.org.example:home").to_string(),
            "nr_io_queues=1, queue_size=40, reconnect_delay=4, tos=2"
        );
        let root_nqn = "nqn.2014-08.org.example:root";
        assert_eq!(settings.notes([root_nqn, root_nqn].into_iter()), [format!("{root_nqn} is connected with {own}")]);
        let none = ConnectionSettings::read(&Tunables::default(), &KernelCommandLine::default(), &root.join("none"));
        assert!(none.notes([root_nqn].into_iter()).is_empty());
    }
}

//! Where the time went: from QEMU's start to the root's init, by the guest's own clock.

use crate::report::Report;

/// Seconds on the guest's clock, as far as the kernel's log has them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timeline {
    /// QEMU's start to the kernel's start (firmware, image loading), on the bench's clock.
    pub firmware: f64,
    /// The kernel starts /init.
    pub init: Option<f64>,
    /// udev starts.
    pub udev: Option<f64>,
    /// The first interface has its name.
    pub named: Option<f64>,
    /// The first controller is connected.
    pub connected: Option<f64>,
    /// The root file system is mounted.
    pub mounted: Option<f64>,
    /// The root's init starts.
    pub root: f64,
    /// Processes started until then.
    pub processes: Option<f64>,
}

impl Timeline {
    /// From a report.
    pub fn of(report: &Report) -> Self {
        let root = report.number("uptime").unwrap_or_default();
        Self {
            firmware: report.at.as_secs_f64() - root,
            init: report.kernel_time(|text| text.starts_with("Run /init")),
            udev: report.kernel_time(|text| text.contains("udevd") && text.contains("tarting version")),
            named: report.kernel_time(|text| text.contains("nbft0: renamed from")),
            connected: report.kernel_time(|text| text.starts_with("nvme nvme") && text.contains("new ctrl: NQN")),
            mounted: report.kernel_time(|text| text.starts_with("EXT4-fs") && text.contains("mounted filesystem")),
            root,
            processes: report.number("processes"),
        }
    }

    /// QEMU's start to the root's init.
    pub fn total(&self) -> f64 {
        self.firmware + self.root
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let mut parts = vec![format!("firmware {:.1}", self.firmware)];
        let steps = [
            ("initramfs", self.init),
            ("udevd", self.udev),
            ("nbft0 named", self.named),
            ("connected", self.connected),
            ("root mounted", self.mounted),
            ("/sbin/init", Some(self.root)),
        ];
        parts.extend(steps.iter().filter_map(|(name, time)| time.map(|time| format!("{name} {time:.2}"))));
        format!("{} (kernel's seconds); {:.1} s from QEMU's start", parts.join(" | "), self.total())
    }
}

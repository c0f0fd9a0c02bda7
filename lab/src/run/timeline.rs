//! Extracts the times of a boot from a report, from QEMU's start to the root's init.

use crate::judge::console::stamped;
use crate::judge::report::Report;

/// Seconds on the guest's clock, if the kernel's log has them.
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
            connected: report.kernel_time(|text| {
                let made = text.starts_with("nvme nvme") && text.contains("new ctrl: NQN");
                made && !text.contains("nqn.2014-08.org.nvmexpress.discovery")
            }),
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

/// The events of the boot with their times, from the kernel's start to the root's init: marks of the kernel and of the bench, and nbft's
/// messages about waiting.
pub fn steps(report: &Report, console: &[String]) -> Vec<String> {
    let mut steps: Vec<(f64, &str)> = report
        .block("dmesg")
        .iter()
        .chain(console)
        .filter_map(|line| stamped(line))
        .filter(|(_, text)| is_step(text))
        .collect();
    steps.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    // With systemd, the journal repeats the lines of the kernel's log.
    let mut seen: Vec<(f64, &str)> = Vec::new();
    for (time, text) in steps {
        if !seen.iter().any(|(before, known)| *known == text && time - before < 0.5) {
            seen.push((time, text));
        }
    }
    let mut last = 0.0;
    let line = |(time, text): &(f64, &str)| {
        let since = time - std::mem::replace(&mut last, *time);
        let text: String = text.chars().take(120).collect();
        format!("{time:8.2} {since:+7.2}  {text}")
    };
    seen.iter().map(line).collect()
}

fn is_step(text: &str) -> bool {
    let kernels = text.starts_with("Run /init")
        || text.contains("udevd") && text.contains("tarting version")
        || text.contains(": renamed from")
        || text.starts_with("nvme nvme") && text.contains("new ctrl: NQN")
        || text.starts_with("EXT4-fs") && text.contains("mounted filesystem");
    let ours = text.starts_with("nbft: ") || text.starts_with("nbft[");
    let systemds = text.starts_with("systemd[1]: ")
        && ["Finished ", "Reached target ", "Started ", "Switching root"].iter().any(|word| text.contains(word))
        && ["udev", "dracut", "initrd", "nbft", "sysroot", "Switching"].iter().any(|word| text.contains(word));
    kernels || ours || systemds || text.starts_with("lab: ")
}

#[cfg(test)]
mod tests {
    use super::steps;
    use crate::judge::report::Report;

    #[test]
    fn steps_are_told_in_order_with_the_time_between() {
        let console = [
            "[    2.500000] nbft: nbft0: ready with 192.0.2.2 after 120 ms",
            "[    2.000000] Run /init as init process",
            "[    2.250000] lab: hooks pre-udev",
            "[    2.250100] lab: hooks pre-udev",
            "[    2.300000] virtio_net virtio0: something else",
            "no time",
        ];
        let console = console.map(str::to_owned);
        assert_eq!(
            steps(&Report::default(), &console),
            [
                "    2.00   +2.00  Run /init as init process",
                "    2.25   +0.25  lab: hooks pre-udev",
                "    2.50   +0.25  nbft: nbft0: ready with 192.0.2.2 after 120 ms",
            ]
        );
    }
}

//! Lists the settings of a connection's queues and timeouts: their names, ranges and values.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// A setting of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tunable {
    /// Number of I/O queues; the kernel makes no more than CPUs are online.
    NrIoQueues,
    /// Number of further queues for writes.
    NrWriteQueues,
    /// Number of further queues for polling.
    NrPollQueues,
    /// Entries of an I/O queue.
    QueueSize,
    /// Seconds between two keep-alives.
    KeepAliveTmo,
    /// Seconds between two reconnection attempts of the kernel.
    ReconnectDelay,
    /// Seconds after which the kernel gives up a lost controller; negative: never.
    CtrlLossTmo,
    /// Seconds after which I/O to a lost controller fails; negative: not before the kernel gives it up.
    FastIoFailTmo,
    /// Type of service in IP packets.
    Tos,
}

/// A value that a setting cannot have. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{tunable} is {}, not “{given}”", expected(*tunable))]
pub struct InvalidValue {
    /// The setting.
    pub tunable: Tunable,
    /// What was given.
    pub given: String,
}

fn expected(tunable: Tunable) -> String {
    match tunable.range().into_inner() {
        (i32::MIN, i32::MAX) => "a whole number".to_owned(),
        (least, i32::MAX) => format!("a whole number from {least} on"),
        (least, most) => format!("a whole number from {least} to {most}"),
    }
}

impl Tunable {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NrIoQueues,
        Self::NrWriteQueues,
        Self::NrPollQueues,
        Self::QueueSize,
        Self::KeepAliveTmo,
        Self::ReconnectDelay,
        Self::CtrlLossTmo,
        Self::FastIoFailTmo,
        Self::Tos,
    ];

    /// The kernel's name of the option.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NrIoQueues => "nr_io_queues",
            Self::NrWriteQueues => "nr_write_queues",
            Self::NrPollQueues => "nr_poll_queues",
            Self::QueueSize => "queue_size",
            Self::KeepAliveTmo => "keep_alive_tmo",
            Self::ReconnectDelay => "reconnect_delay",
            Self::CtrlLossTmo => "ctrl_loss_tmo",
            Self::FastIoFailTmo => "fast_io_fail_tmo",
            Self::Tos => "tos",
        }
    }

    /// The setting with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tunable| tunable.name() == name)
    }

    /// The values that the kernel takes.
    #[must_use]
    pub const fn range(self) -> RangeInclusive<i32> {
        match self {
            Self::NrIoQueues | Self::NrWriteQueues | Self::NrPollQueues | Self::ReconnectDelay => 1..=i32::MAX,
            Self::QueueSize => 16..=1024,
            Self::KeepAliveTmo => 0..=i32::MAX,
            Self::CtrlLossTmo | Self::FastIoFailTmo => i32::MIN..=i32::MAX,
            // The kernel reduces larger values to 255.
            Self::Tos => 0..=255,
        }
    }

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// When the text is not a number in the range.
    pub fn parse(self, text: &str) -> Result<i32, InvalidValue> {
        let value = text.parse().ok().filter(|value| self.range().contains(value));
        value.ok_or_else(|| InvalidValue { tunable: self, given: text.to_owned() })
    }
}

impl fmt::Display for Tunable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Values of settings; those that are not given have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tunables([Option<i32>; Tunable::ALL.len()]);

impl Tunables {
    /// The value of a setting, if it is given.
    #[must_use]
    pub const fn get(&self, tunable: Tunable) -> Option<i32> {
        self.0[tunable as usize]
    }

    /// Gives a setting a value.
    pub const fn set(&mut self, tunable: Tunable, value: i32) {
        self.0[tunable as usize] = Some(value);
    }

    /// These values, and those of `other` where these have none.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|index| self.0[index].or(other.0[index])))
    }

    /// The settings that have a value.
    pub fn iter(&self) -> impl Iterator<Item = (Tunable, i32)> {
        Tunable::ALL.into_iter().filter_map(|tunable| Some((tunable, self.get(tunable)?)))
    }
}

impl FromIterator<(Tunable, i32)> for Tunables {
    fn from_iter<I: IntoIterator<Item = (Tunable, i32)>>(given: I) -> Self {
        let mut tunables = Self::default();
        given.into_iter().for_each(|(tunable, value)| tunables.set(tunable, value));
        tunables
    }
}

/// `nr_io_queues=4, tos=8`.
impl fmt::Display for Tunables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (tunable, value)) in self.iter().enumerate() {
            write!(f, "{}{tunable}={value}", if number > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_the_kernels() {
        let takes = |tunable: Tunable, text: &str| tunable.parse(text).is_ok();
        for tunable in [Tunable::NrIoQueues, Tunable::NrWriteQueues, Tunable::NrPollQueues, Tunable::ReconnectDelay] {
            assert!(takes(tunable, "1") && takes(tunable, "2147483647"), "{tunable}");
            assert!(!takes(tunable, "0") && !takes(tunable, "-1"), "{tunable}");
        }
        let edges = [
            (Tunable::QueueSize, ["16", "1024"], ["15", "1025"]),
            (Tunable::Tos, ["0", "255"], ["-1", "256"]),
            (Tunable::KeepAliveTmo, ["0", "2147483647"], ["-1", "2147483648"]),
            (Tunable::CtrlLossTmo, ["-1", "0"], ["never", "2147483648"]),
            (Tunable::FastIoFailTmo, ["-1", "0"], ["", "1.5"]),
        ];
        for (tunable, good, bad) in edges {
            assert!(
                good.iter().all(|text| takes(tunable, text)) && !bad.iter().any(|text| takes(tunable, text)),
                "{tunable}"
            );
        }
        let said = |tunable: Tunable| tunable.parse("x").unwrap_err().to_string();
        assert_eq!(said(Tunable::QueueSize), "queue_size is a whole number from 16 to 1024, not “x”");
        assert_eq!(said(Tunable::NrIoQueues), "nr_io_queues is a whole number from 1 on, not “x”");
        assert_eq!(said(Tunable::CtrlLossTmo), "ctrl_loss_tmo is a whole number, not “x”");
    }

    #[test]
    fn the_first_to_give_a_value_counts() {
        let one: Tunables = [(Tunable::Tos, 8), (Tunable::NrIoQueues, 4)].into_iter().collect();
        let other: Tunables = [(Tunable::Tos, 0), (Tunable::QueueSize, 64)].into_iter().collect();
        assert_eq!(one.or(&other).to_string(), "nr_io_queues=4, queue_size=64, tos=8");
        assert_eq!((one.get(Tunable::QueueSize), Tunables::default().to_string()), (None, String::new()));
        let indexes: Vec<usize> = Tunable::ALL.into_iter().map(|tunable| tunable as usize).collect();
        assert_eq!(indexes, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(Tunable::ALL.into_iter().all(|tunable| Tunable::of_name(tunable.name()) == Some(tunable)));
    }
}

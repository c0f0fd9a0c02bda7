//! Gives all transitions of a step the same time, which tests can set.

use std::fmt;
use std::time::Instant;

/// The time of a step.
pub(super) struct Clock {
    now: Instant,
    source: Box<dyn Fn() -> Instant>,
}

impl Clock {
    /// The system's clock.
    pub(super) fn of_system() -> Self {
        Self { now: Instant::now(), source: Box::new(Instant::now) }
    }

    /// A clock that stands still.
    #[cfg(test)]
    pub(super) fn stopped_at(now: Instant) -> Self {
        Self { now, source: Box::new(move || now) }
    }

    /// The time when the clock was last read.
    pub(super) const fn now(&self) -> Instant {
        self.now
    }

    /// Reads the clock: at the beginning of a step, and within one after work that takes time.
    pub(super) fn read(&mut self) -> Instant {
        self.now = (self.source)();
        self.now
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now.fmt(f)
    }
}

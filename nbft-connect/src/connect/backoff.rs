//! Computes the pause before a path is tried again.

use crate::jitter;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
pub(super) const LONGEST: Duration = Duration::from_secs(5);
/// In the running system, where a target may be away for days.
pub(super) const LONGEST_STAYING: Duration = Duration::from_secs(30);

/// The pause after the `attempts`th failure: doubles up to `longest`. Up to a quarter of jitter keeps machines that start together from
/// retrying together.
pub(super) fn pause(attempts: u32, longest: Duration) -> Duration {
    let doubled = FIRST * 2_u32.pow(attempts.saturating_sub(1).min(10));
    let pause = doubled.min(longest);
    jitter::scaled(pause, 0.75, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        for (attempts, longest) in [(1, 200), (2, 400), (4, 1600), (6, 5000), (u32::MAX, 5000)] {
            let pause = pause(attempts, LONGEST).as_millis();
            assert!(pause <= longest && pause >= longest * 3 / 4, "{attempts}: {pause}");
        }
    }
}

//! Varies pauses randomly, so that machines that start together do not send together.

use std::time::Duration;

/// The pause multiplied by a number between these two.
pub(crate) fn scaled(pause: Duration, least: f64, most: f64) -> Duration {
    pause.mul_f64(least + (most - least) * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_within_their_bounds_and_differ() {
        let pauses: Vec<Duration> = (0..100).map(|_| scaled(Duration::from_secs(1000), 0.75, 1.0)).collect();
        assert!(pauses.iter().all(|pause| (750..=1000).contains(&pause.as_secs())), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
    }
}

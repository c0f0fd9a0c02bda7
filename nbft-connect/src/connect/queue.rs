//! Which path the device is given next.

use super::paths::Phase;
use libnbft::plan::Plan;

/// The next path to write: one for a boot namespace that no path serves yet comes first; among equals the one that has failed
/// least often, since a target that refuses may hold the device for a minute each time; then the others in their order.
pub(super) fn next(plan: &Plan, phases: &[Phase], failures: &[u32], present: &[bool]) -> Option<usize> {
    let served = |namespace: usize| {
        present[namespace] || plan.namespaces[namespace].paths.iter().any(|path| phases[*path] == Phase::Up)
    };
    let mut urgent = vec![false; phases.len()];
    let waited_for =
        plan.namespaces.iter().enumerate().filter(|(number, namespace)| namespace.boot && !served(*number));
    for path in waited_for.flat_map(|(_, namespace)| &namespace.paths) {
        urgent[*path] = true;
    }
    let queued = phases.iter().enumerate().filter(|(_, phase)| **phase == Phase::Queued).map(|(path, _)| path);
    queued.min_by_key(|path| (!urgent[*path], failures[*path], *path))
}

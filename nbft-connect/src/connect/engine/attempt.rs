//! One attempt to reach a target: a subsystem's port or a discovery controller, with one phase for both.

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connect) enum Phase {
    /// Nothing needs this discovery controller now.
    Idle,
    /// The interface is not ready.
    WaitNetwork,
    /// The probe in user space is under way.
    Probing,
    /// The probe has succeeded; the attempt waits for the device.
    Queued,
    /// The attempt waits for secrets.
    WaitKeys,
    /// The kernel connects, or the log page is being read.
    Writing,
    /// The attempt failed, or did not help; it waits for its next try.
    Pause,
    /// The controller of a subsystem is connected.
    Up,
}

/// What an attempt is to reach: an index into the plan's paths or discovery controllers, which is also that of its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connect) enum TargetId {
    Path(usize),
    Discovery(usize),
}

/// An attempt. Its reason and its count of tries are in the target's status.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) target: TargetId,
    pub(super) phase: Phase,
    /// By how many referrals the target was found.
    pub(super) depth: u8,
    /// Whether the log page has changed since it was read.
    pub(super) has_news: bool,
}

impl Attempt {
    pub(super) const fn new(target: TargetId, phase: Phase, depth: u8) -> Self {
        Self { target, phase, depth, has_news: false }
    }
}

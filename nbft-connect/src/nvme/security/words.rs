//! Names the security profiles of a policy, for messages.

use libnbft::plan::Policy;

/// The names of the profiles of a policy.
#[must_use]
pub fn profiles(policy: &Policy) -> String {
    let names: Vec<_> =
        policy.profiles.iter().map(|of| format!("security profile {} of {}", of.index, of.table)).collect();
    names.join(" and ")
}

/// `security profile 1 of NBFT requires`, for each profile of a policy.
#[must_use]
pub(super) fn requires(policy: &Policy) -> String {
    format!("{} require{}", profiles(policy), if policy.profiles.len() == 1 { "s" } else { "" })
}

/// `security profile 1 of NBFT does`, likewise.
#[must_use]
pub(super) fn does(policy: &Policy) -> String {
    format!("{} do{}", profiles(policy), if policy.profiles.len() == 1 { "es" } else { "" })
}

/// The name of the source that requires the secure channel of a policy.
#[must_use]
pub fn channel_of(policy: &Policy) -> String {
    match policy.secure_channel.of_target {
        true => "the target's entry in the discovery log page".into(),
        false => profiles(policy),
    }
}

//! The profiles of a policy in words, for reasons.

use libnbft::plan::Policy;

/// The profiles of a policy by name.
#[must_use]
pub fn profiles(policy: &Policy) -> String {
    let names: Vec<_> =
        policy.profiles.iter().map(|of| format!("security profile {} of {}", of.index, of.table)).collect();
    names.join(" and ")
}

/// The profiles of a policy as the beginning of a sentence on what they require.
#[must_use]
pub(super) fn requires(policy: &Policy) -> String {
    format!("{} require{}", profiles(policy), if policy.profiles.len() == 1 { "s" } else { "" })
}

pub(super) fn does(policy: &Policy) -> String {
    format!("{} do{}", profiles(policy), if policy.profiles.len() == 1 { "es" } else { "" })
}

/// What requires the secure channel of a policy.
#[must_use]
pub fn channel_of(policy: &Policy) -> String {
    match policy.secure_channel.of_target {
        true => "the target's entry in the discovery log page".into(),
        false => profiles(policy),
    }
}

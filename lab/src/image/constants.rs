//! Constants that several images share: UUIDs, the LUKS key, the script of the guest's report.

/// The UUID of the root's file system, by which every command line names the root.
pub const ROOT_UUID: &str = "6e6d7468-6f6d-4665-8f74-726f6f746673";

/// The UUID of the LUKS device of a root.
pub(super) const LUKS_UUID: &str = "1a5bc0de-6c75-4b73-8d6c-76726f6f7421";

/// The UUIDs of a /home's LUKS device and of the file system in it.
pub(super) const HOME_LUKS_UUID: &str = "1a5bc0de-6c75-4b73-8d6c-686f6d656c75";
pub(super) const HOME_UUID: &str = "6e6d7468-6f6d-4665-8f74-686f6d656673";

/// The key that opens the LUKS devices.
pub(super) const LUKS_KEY: &str = "a key of the laboratory";

/// The guest's report, as a script.
pub(super) const REPORT: &str = include_str!("guest/guest-report.sh");

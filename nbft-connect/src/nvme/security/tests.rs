//! Tests that the kernel's log is checked against the required authentication.

use super::requirements::Requirements;
use super::violation::Violation;
use crate::nvme::keys::Secret;
use crate::nvme::keys::Secrets;
use libnbft::plan::{Authentication, HashFunction, KxGroup, Need, Origin, Policy};

/// Linux 6.12's log of a successful authentication.
const BOTH: [&str; 3] = [
    "nvme nvme0: qid 0: authenticated with hash hmac(sha384) dhgroup ffdhe2048",
    "nvme nvme0: qid 0: controller authenticated",
    "nvme nvme0: qid 0: authenticated",
];

fn policy(need: Need, hashes: Option<Vec<HashFunction>>, groups: Option<Vec<KxGroup>>) -> Policy {
    let mut authentication = Authentication::default();
    (authentication.need, authentication.hashes, authentication.groups) = (need, hashes, groups);
    let mut policy = Policy::default();
    policy.authentication = authentication;
    policy.profiles = vec![Origin { table: "NBFT".into(), index: 1 }];
    policy
}

/// Requirements with a host secret, and with a controller secret if both sides must authenticate.
fn requirements(policy: &Policy, mutual: bool) -> Requirements {
    let secret = || Secret::parse("DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:").unwrap();
    Requirements::new(Some(policy), Some(&Secrets { host: secret(), controller: mutual.then(secret) }))
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn verify(requirements: &Requirements, logged: &[&str]) -> Result<Option<String>, String> {
    let verified = requirements.verify(Some("nvme0"), Some(&lines(logged)));
    verified.map(|proof| proof.map(|proof| proof.to_string())).map_err(|violation| violation.to_string())
}

#[test]
fn required_authentication_must_be_in_the_log() {
    use HashFunction::{Sha256, Sha384, Sha512};
    let both = "DH-HMAC-CHAP with SHA-384, key exchange 2048-bit, both sides".to_owned();
    let required = |hashes, groups| policy(Need::Required, hashes, groups);
    let fits = required(Some(vec![Sha256, Sha384]), Some(vec![KxGroup::Ffdhe2048]));
    assert_eq!(verify(&requirements(&fits, true), &BOTH), Ok(Some(both.clone())));
    assert_eq!(verify(&requirements(&required(None, None), false), &BOTH), Ok(Some(both)));
    let hash = required(Some(vec![Sha256, Sha512]), None);
    let chose = |what: &str| Err(format!("the target chose {what}, which security profile 1 of NBFT does not allow"));
    assert_eq!(verify(&requirements(&hash, false), &BOTH), chose("SHA-384"));
    let group = required(None, Some(vec![KxGroup::Ffdhe3072]));
    assert_eq!(verify(&requirements(&group, false), &BOTH), chose("key exchange 2048-bit"));
    let unknown = ["nvme nvme0: qid 0: authenticated with hash hmac(sha3) dhgroup null"];
    assert_eq!(verify(&requirements(&hash, false), &unknown), chose("hmac(sha3)"));
    let unproved = Err("the controller did not prove that it has the controller secret".into());
    assert_eq!(verify(&requirements(&fits, true), &BOTH[..1]), unproved);
}

#[test]
fn no_authentication_is_not_enough_where_it_is_required() {
    let required = policy(Need::Required, None, None);
    let said = Err("the target asked for no authentication, but security profile 1 of NBFT requires it".into());
    assert_eq!(verify(&requirements(&required, false), &[]), said);
    // Lines of another controller and of an I/O queue.
    let others = [BOTH[0].replace("nvme0", "nvme1"), BOTH[0].replace("qid 0", "qid 1")];
    assert_eq!(verify(&requirements(&required, false), &[&others[0], &others[1]]), said);
    let allowed = policy(Need::Allowed, None, None);
    assert_eq!(verify(&requirements(&allowed, false), &[]), Ok(None));
    let unasked =
        "the target asked for no authentication, but the controller must prove itself: there is a controller secret";
    assert_eq!(verify(&requirements(&allowed, true), &[]), Err(unasked.into()));
    let unreadable = requirements(&required, false).verify(Some("nvme0"), None);
    assert_eq!(unreadable, Err(Violation::LogUnreadable));
    assert_eq!(
        Violation::LogUnreadable.to_string(),
        "/dev/kmsg cannot be read, and nothing else tells whether it was authenticated"
    );
    assert_eq!(Requirements::default().verify(Some("nvme0"), None), Ok(None));
    assert_eq!(Requirements::new(Some(&allowed), None).verify(Some("nvme0"), None), Ok(None));
}

#[test]
fn a_refusal_is_explained_by_the_requirements() {
    let no_key = lines(&["nvme nvme0: qid 0: no key", "nvme nvme0: qid 0: authentication setup failed"]);
    let says = |requirements: &Requirements| requirements.explain(&no_key).map(|cause| cause.to_string());
    let unsaid = "the target requires authentication, but the table has no security profile for it";
    assert_eq!(says(&Requirements::default()).as_deref(), Some(unsaid));
    let not = policy(Need::NotSupported, None, None);
    let silent = "the target requires authentication, but security profile 1 of NBFT does not support it";
    assert_eq!(says(&Requirements::new(Some(&not), None)).as_deref(), Some(silent));
    let allowed = policy(Need::Allowed, None, None);
    let none = "the target requires authentication, and there is no secret for it";
    assert_eq!(says(&Requirements::new(Some(&allowed), None)).as_deref(), Some(none));
    let failed = lines(&["nvme nvme0: qid 0: authentication failed"]);
    let said = requirements(&allowed, false).explain(&failed).unwrap().to_string();
    assert!(said.starts_with("authentication failed: the target has another secret for this host"), "{said}");
    let controller = lines(&["nvme nvme0: qid 0: controller authentication failed"]);
    assert_eq!(
        requirements(&allowed, true).explain(&controller).map(|cause| cause.to_string()).as_deref(),
        Some("the controller's proof does not match the controller secret")
    );
    assert_eq!(Requirements::default().explain(&lines(&["nvme nvme0: Connect Invalid Host"])), None);
}

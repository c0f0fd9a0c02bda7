//! Searches consoles, reports and captures for the secrets of a scenario.

use super::report::Report;
use crate::scenario::Scenario;
use base64ct::{Base64, Encoding as _};
use std::collections::BTreeSet;

/// The prefixes of the keys.
const PREFIXES: [&str; 2] = ["DHHC-1:", "NVMeTLSkey-1:"];

/// The keys of a scenario without their prefix: the hash, a colon, the key in base64 with its checksum, a colon.
fn keys(scenario: &Scenario) -> Vec<&str> {
    let mut texts: Vec<&str> = scenario.extra.iter().map(|file| file.text.as_str()).collect();
    texts.extend(scenario.building.files.iter().map(|file| file.text.as_str()));
    let service = scenario.target.as_ref().and_then(|target| target.redfish.as_ref());
    texts.extend(service.into_iter().flat_map(|service| service.resources.values()).map(String::as_str));
    texts.extend(
        scenario.credentials.values().chain(scenario.fw_cfg.values()).chain(scenario.tpm.values()).map(String::as_str),
    );
    if let Some(auth) = scenario.target.as_ref().and_then(|target| target.auth.as_ref()) {
        texts.extend([auth.key.as_str(), auth.ctrl_key.as_deref().unwrap_or_default()]);
    }
    // In JSON a key has quotation marks around it.
    let words = texts.into_iter().flat_map(|text| text.split(|c: char| c.is_whitespace() || c == '"'));
    words.filter_map(|word| PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix))).collect()
}

/// The target's TLS PSK, in hexadecimal digits.
fn psk(scenario: &Scenario) -> Option<&str> {
    Some(scenario.target.as_ref()?.tls.as_ref()?.psk.as_str())
}

/// The passwords of management controllers.
fn passwords(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let files = scenario.building.files.iter().filter(|file| file.path.ends_with("/password"));
    files.map(|file| file.text.trim())
}

/// The strings to search for: the middle of each key and password, so that half a line matches too.
fn needles(scenario: &Scenario) -> BTreeSet<String> {
    let all = keys(scenario).into_iter().chain(psk(scenario)).chain(passwords(scenario));
    all.filter_map(|key| Some(key.get(8..24)?.to_owned())).collect()
}

/// The position of the host NQN in the result of [`on_the_wire`]; it is no secret.
pub const NOT_SECRET: usize = 0;

/// The bytes to search for in captures: the host NQN, which is no secret and must be found, and the middle of each key, as text and
/// decoded.
pub fn on_the_wire(scenario: &Scenario) -> Vec<Vec<u8>> {
    if !any(scenario) {
        return Vec::new();
    }
    let hostnqn = scenario.tables.first().map_or("", |table| table.hostnqn.as_str());
    let mut all = vec![hostnqn.as_bytes().to_vec()];
    all.extend(needles(scenario).into_iter().map(String::into_bytes));
    let decoded =
        keys(scenario).into_iter().filter_map(|key| Base64::decode_vec(key.get(3..)?.strip_suffix(':')?).ok());
    all.extend(decoded.filter_map(|bytes| Some(bytes.get(8..24)?.to_vec())));
    let digit = |at: usize| psk(scenario)?.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    all.extend((16..48).step_by(2).map(digit).collect::<Option<Vec<u8>>>());
    all
}

/// Whether a scenario has secrets at all.
pub fn any(scenario: &Scenario) -> bool {
    !needles(scenario).is_empty()
}

/// No console and no report of the guest may contain a secret. The search must find the secrets where they belong: in sysfs of a booted
/// guest, and on the target, which prints them as `confession` at the very end.
pub fn judge(
    scenario: &Scenario,
    consoles: &[(&str, &[String])],
    report: &Report,
    confession: &[String],
    complaints: &mut Vec<String>,
) {
    let needles = needles(scenario);
    let finds = |lines: &[String], needle: &String| lines.iter().any(|line| line.contains(needle.as_str()));
    for needle in &needles {
        for (name, lines) in consoles.iter().filter(|(_, lines)| finds(lines, needle)) {
            let line = lines.iter().find(|line| line.contains(needle.as_str())).map_or("", String::as_str);
            complaints.push(format!("a secret is in {name}: {line}"));
        }
        for name in report.blocks().filter(|name| *name != "sysfs-secrets" && finds(report.block(name), needle)) {
            complaints.push(format!("a secret is in the guest's block {name}"));
        }
    }
    // Linux makes these files readable for everybody; nbft must restrict them.
    let open = report.block("sysfs-secrets").iter().filter(|line| !line.starts_with("600 "));
    complaints.extend(open.filter_map(|line| line.split(' ').nth(1)).map(|file| format!("{file} is open to others")));
    let shown = |lines: &[String]| needles.iter().any(|needle| finds(lines, needle));
    let target = scenario.target.as_ref();
    let required = target.is_some_and(|target| target.auth.is_some());
    if (required || target.is_some_and(|target| target.tls.is_some())) && !shown(confession) {
        complaints.push("the search for secrets does not find the one that the target shows".to_owned());
    }
    if required && !scenario.local && report.complete && !shown(report.block("sysfs-secrets")) {
        complaints.push("the search for secrets does not find the one that sysfs has".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        toml::from_str(
            "summary = 's'\nextra = [{ path = 'etc/k/s', text = 'DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:' }]\n\
             target = { auth = { key = 'DHHC-1:01:P4k/47Ih71FX6CavHVL9zDeCbJ0jaokInL28ACRat/Epq7n3:' } }\n\
             expect = { outcome = 'fails' }",
        )
        .expect("it is a scenario")
    }

    #[test]
    fn on_the_wire_keys_are_looked_for_as_text_and_as_bytes() {
        let wanted: [&[u8]; 5] = [
            b"",
            b"7Ih71FX6CavHVL9z",
            b"wQFBgcICQoLDA0OD",
            &[8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
            &[87, 232, 38, 175, 29, 82, 253, 204, 55, 130, 108, 157, 35, 106, 137, 8],
        ];
        assert_eq!(on_the_wire(&scenario()), wanted);
    }

    #[test]
    fn secrets_are_found_where_they_must_not_be() {
        let (scenario, report) = (scenario(), Report::default());
        let said = |line: &str| vec![line.to_owned()];
        let (clean, confession) = (said("dhchap_secret=***"), said("DHHC-1:01:P4k/47Ih71FX6CavHVL9zDeCbJ0jaokIn"));
        let mut complaints = Vec::new();
        judge(&scenario, &[("console", &clean)], &report, &confession, &mut complaints);
        assert_eq!(complaints, [""; 0]);
        let leak = said("[ 1.0] nvme: 00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
        judge(&scenario, &[("console", &clean), ("log", &leak)], &report, &clean, &mut complaints);
        assert_eq!(
            complaints,
            [
                "a secret is in log: [ 1.0] nvme: 00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
                "the search for secrets does not find the one that the target shows",
            ]
        );
    }
}

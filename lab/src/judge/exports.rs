//! Judges how network managers read what `nbft export` writes for them.

use super::report::Report;
use crate::image::exports::split;
use std::collections::BTreeSet;

/// Complaints about what the network manager misread in the exported files.
pub(super) fn judge(manager: &str, wanted: &[(String, String)], report: &Report) -> Vec<String> {
    let mut complaints = match report.status("exports") {
        Some(0) => Vec::new(),
        other => vec![format!("{manager} has not read the exports: {other:?}: {}", report.block("exports").join("; "))],
    };
    match manager {
        "NetworkManager" => complaints.extend(profiles(wanted, report.block("exports"))),
        _ => complaints.extend(networkd(wanted, report.block("exports"), report.block("complaints"))),
    }
    complaints
}

/// NetworkManager writes each profile as it understood it. Each section must have the same lines and no others, and NetworkManager must
/// have loaded each profile.
fn profiles(wanted: &[(String, String)], said: &[String]) -> Vec<String> {
    let understood = split(&said.join("\n"));
    let mut complaints = Vec::new();
    for (name, text) in wanted {
        let found = understood.iter().find(|(found, _)| found == name).map(|(_, text)| lines(text)).unwrap_or_default();
        let meant = lines(text);
        complaints.extend(meant.difference(&found).map(|line| format!("{name}: NetworkManager has not {line}")));
        // The lab adds this line so that no profile is activated.
        let more = found.difference(&meant).filter(|line| *line != "[connection] autoconnect=false");
        complaints.extend(more.map(|line| format!("{name}: NetworkManager has {line} besides")));
        let id = text.lines().find_map(|line| line.strip_prefix("id=")).unwrap_or_default();
        let loaded = format!("loaded {id}:");
        if !said.iter().any(|line| line.starts_with(&loaded) && line.ends_with(&format!("/{name}"))) {
            complaints.push(format!("{name}: NetworkManager does not list it"));
        }
    }
    complaints
}

/// Each line, preceded by its section.
fn lines(text: &str) -> BTreeSet<String> {
    let mut section = String::new();
    let mut lines = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line.to_owned();
        } else if line.contains('=') {
            lines.insert(format!("{section} {line}"));
        }
    }
    lines
}

/// systemd names the files that it reads for links, and logs what it does not understand in any file. It must complain about the wrong
/// ones.
fn networkd(wanted: &[(String, String)], said: &[String], journal: &[String]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, _) in wanted.iter().filter(|(name, _)| name.ends_with(".link")) {
        let parsed = format!("Parsed configuration file \"/run/systemd/network/{}\"", name.replace("nbft", "lab"));
        if !said.contains(&parsed) {
            complaints.push(format!("{name}: udev has not read it"));
        }
    }
    let all = || said.iter().filter(|line| !line.starts_with("Parsed ")).chain(journal);
    for wrong in ["05-lab-wrong.link:", "05-lab-wrong.network:", "05-lab-wrong.netdev:"] {
        if !all().any(|line| line.contains(wrong) && line.contains("Unknown key")) {
            complaints.push(format!("systemd does not say what is wrong with {wrong} its silence means nothing"));
        }
    }
    complaints.extend(all().filter(|line| line.contains("/05-lab") && !line.contains("/05-lab-wrong.")).cloned());
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_profile_that_is_understood_otherwise() {
        let wanted = split("# n.nmconnection\n[connection]\nid=n\n[ipv4]\nmethod=auto\nroute1=a\n");
        let good = ["# n.nmconnection", "[connection]", "autoconnect=false", "id=n", "", "[ipv4]", "route1=a"];
        let said = |last: &[&str]| all(&[&good[..], last].concat());
        let listed = "loaded n:/run/NetworkManager/system-connections/n.nmconnection";
        assert_eq!(profiles(&wanted, &said(&["method=auto", listed])), [""; 0]);
        assert_eq!(
            profiles(&wanted, &said(&["dns=192.0.2.1;", "loaded n:/etc/n"])),
            [
                "n.nmconnection: NetworkManager has not [ipv4] method=auto",
                "n.nmconnection: NetworkManager has [ipv4] dns=192.0.2.1; besides",
                "n.nmconnection: NetworkManager does not list it",
            ]
        );
    }

    #[test]
    fn systemd_must_complain_of_the_wrong_ones_and_of_no_other() {
        let wanted = split("# 05-nbft0.link\n[Match]\n# 05-nbft0.network\n[Match]\n");
        let parsed = "Parsed configuration file \"/run/systemd/network/05-lab0.link\"";
        let link = "/run/systemd/network/05-lab-wrong.link:4: Unknown key 'Wrong' in section [Link], ignoring.";
        let network =
            "/run/systemd/network/05-lab-wrong.network:4: Unknown key 'Wrong' in section [Network], ignoring.";
        let netdev = "/run/systemd/network/05-lab-wrong.netdev:4: Unknown key 'Wrong' in section [NetDev], ignoring.";
        assert_eq!(networkd(&wanted, &all(&[parsed, link]), &all(&[network, netdev])), [""; 0]);
        let ours =
            "/run/systemd/network/05-lab0.network:9: Unknown key 'Priorty' in section [RoutingPolicyRule], ignoring.";
        assert_eq!(
            networkd(&wanted, &all(&[link]), &all(&[ours, netdev])),
            [
                "05-nbft0.link: udev has not read it",
                "systemd does not say what is wrong with 05-lab-wrong.network: its silence means nothing",
                ours,
            ]
        );
    }
}

//! Reads a Redfish service's keys (DMTF DSP2046, Key), and decides for each which secret it is, and of which NQN.

use crate::error::{FetchFault, NoKeys};
use crate::quote;
use libnbft::text::{NqnError, nqn_form};
use nbft_connect::json_error::JsonError;
use nbft_connect::nvme::keys::{Found, KeyFault, Name, Secret};
use nbft_connect::output::mask;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use zeroize::{Zeroize, Zeroizing};

/// The most keys of a collection that it reads.
const MAX_KEYS: usize = 1024;

/// The most skipped keys that get a message each.
const MAX_REFUSED: usize = 8;

/// A resource of one of the kinds that lead to keys, with the properties that matter here.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Resource {
    #[serde(rename = "@odata.id")]
    path: Option<String>,
    #[serde(rename = "Id")]
    id: Option<String>,
    #[serde(rename = "KeyType")]
    kind: Option<String>,
    #[serde(rename = "KeyString")]
    key: Option<Text>,
    #[serde(rename = "NVMeoF")]
    nvmeof: Option<Nvmeof>,
    #[serde(rename = "Members")]
    members: Option<Vec<Resource>>,
    #[serde(rename = "Members@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "NVMeoFSecrets")]
    secrets: Option<Link>,
}

/// The part of a key for NVMe over Fabrics.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Nvmeof {
    #[serde(rename = "NQN")]
    nqn: Option<String>,
    /// Target keys have it, host keys do not. An empty one pairs with no key.
    #[serde(rename = "HostKeyId")]
    host_key: Option<String>,
    #[serde(rename = "SecurityProtocolType")]
    protocol: Option<String>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(rename = "@odata.id")]
    path: String,
}

/// A text that is wiped from memory when it is dropped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text(String);

impl Drop for Text {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A service's keys for a host.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The keys, usable or not.
    pub found: Vec<Found>,
    /// Why other keys were skipped: no subsystem can have their NQN.
    pub refused: Vec<String>,
}

/// A service that returns resources.
pub(crate) trait Service {
    /// The path that the keypath names.
    fn start(&self) -> &str;

    /// The name of a resource in messages. A path from the service is shown only if it cannot contain a secret.
    fn called(&self, path: &str) -> String;

    /// Texts that no message may quote.
    fn secrets(&self) -> &[Zeroizing<String>];

    /// Fetches a resource.
    fn get(&mut self, path: &str) -> impl Future<Output = Result<Zeroizing<Vec<u8>>, FetchFault>>;
}

/// Reads the secrets of a host behind a keypath.
pub(crate) async fn read(client: &mut impl Service, hostnqn: &str) -> Result<Fetched, FetchFault> {
    let start = client.start().to_owned();
    let (mut keys, mut wanted) = (Vec::new(), VecDeque::from([start.clone()]));
    let mut read = 0;
    while let Some(path) = wanted.pop_front() {
        read += 1;
        let resource = parse(&client.get(&path).await?).map_err(|(error, is_cut_off)| FetchFault::NotAResource {
            resource: client.called(&path),
            error,
            is_cut_off,
        })?;
        if let Some(secrets) = resource.secrets {
            wanted.push_back(secrets.path);
        } else if let Some(members) = resource.members {
            for member in members {
                match (member.kind.is_some(), member.path.clone()) {
                    // Some services include the members themselves.
                    (true, _) => keys.push(member),
                    (false, Some(path)) => wanted.push_back(path),
                    (false, None) => {}
                }
            }
            wanted.extend(resource.next);
        } else if resource.kind.is_some() {
            keys.push(Resource { path: Some(path), ..resource });
        } else {
            return Err(FetchFault::OtherResource(client.called(&path)));
        }
        if read + wanted.len() > MAX_KEYS || keys.len() > MAX_KEYS {
            return Err(FetchFault::TooMany { start, limit: MAX_KEYS });
        }
    }
    take(&keys, hostnqn, client.secrets()).map_err(|none| FetchFault::NoKeys { start, none })
}

/// Parses a resource. The error says whether it is cut off, and quotes nothing: any part of it may be a secret.
fn parse(body: &[u8]) -> Result<Resource, (JsonError, bool)> {
    serde_json::from_slice(body).map_err(|error| {
        let is_cut_off = error.is_eof();
        (error.into(), is_cut_off)
    })
}

/// Why a subsystem cannot have an NQN.
#[derive(Debug, thiserror::Error)]
enum NqnRefused {
    #[error("it has a secret in it")]
    Secret,
    #[error(transparent)]
    Malformed(NqnError),
}

/// The secrets of a host among these keys.
fn take(keys: &[Resource], hostnqn: &str, secrets: &[Zeroizing<String>]) -> Result<Fetched, NoKeys> {
    let (mut found, mut refused) = (BTreeMap::new(), Vec::new());
    for key in keys.iter().filter(|key| key.kind.as_deref() == Some("NVMeoF")) {
        let Some(nvmeof) = &key.nvmeof else { continue };
        let Some(nqn) = &nvmeof.nqn else { continue };
        if let Err(why) = usable(nqn, secrets) {
            refused.push(format!("{} is ignored: its NQN is unusable: {why}", called(key, secrets)));
            continue;
        }
        let subsystem = (nqn != hostnqn).then(|| nqn.clone());
        match (nvmeof.protocol.as_deref(), &nvmeof.host_key) {
            (Some("TLS_PSK"), _) => add(&mut found, (Name::TlsPsk, subsystem), key, secrets),
            // A host key that belongs to a subsystem is the host's key for that subsystem.
            (Some("DHHC"), None) => add(&mut found, (Name::HostSecret, subsystem), key, secrets),
            (Some("DHHC"), Some(paired)) => {
                let pair = keys.iter().find(|key| !paired.is_empty() && key.id.as_deref() == Some(paired));
                if let Some(pair) = pair {
                    add(&mut found, (Name::HostSecret, subsystem.clone()), pair, secrets);
                }
                add(&mut found, (Name::ControllerSecret, subsystem), key, secrets);
            }
            _ => {}
        }
    }
    if found.is_empty() {
        let refused: String = refused.iter().take(MAX_REFUSED).map(|why| format!("; {why}")).collect();
        return Err(NoKeys { count: keys.len(), refused });
    }
    let more = refused.len().saturating_sub(MAX_REFUSED);
    refused.truncate(MAX_REFUSED);
    refused.extend((more > 0).then(|| format!("{more} more keys are ignored")));
    let found = found.into_iter().map(|((name, subsystem), secret)| Found { name, subsystem, secret }).collect();
    Ok(Fetched { found, refused })
}

/// Checks whether a subsystem can have this NQN. Messages will show the NQN.
fn usable(nqn: &str, secrets: &[Zeroizing<String>]) -> Result<(), NqnRefused> {
    if matches!(mask(nqn), Cow::Owned(_)) || quote::holds(nqn, secrets) {
        return Err(NqnRefused::Secret);
    }
    match nqn_form(nqn) {
        Err(error) if !error.is_usable() => Err(NqnRefused::Malformed(error)),
        _ => Ok(()),
    }
}

type ByUse = BTreeMap<(Name, Option<String>), Result<Secret, KeyFault>>;

/// Adds a key for its purpose. Two different keys for one purpose are an error.
fn add(found: &mut ByUse, (name, subsystem): (Name, Option<String>), key: &Resource, secrets: &[Zeroizing<String>]) {
    let secret = secret(name, key, secrets);
    let secret = match (found.remove(&(name, subsystem.clone())), secret) {
        (Some(Ok(known)), Ok(other)) if known.expose() != other.expose() => {
            Err(KeyFault::Ambiguous { which: called(key, secrets).to_owned() })
        }
        (Some(Err(reason)), _) => Err(reason),
        (_, secret) => secret,
    };
    found.insert((name, subsystem), secret);
}

fn secret(name: Name, key: &Resource, secrets: &[Zeroizing<String>]) -> Result<Secret, KeyFault> {
    let which = called(key, secrets);
    let Some(Text(text)) = &key.key else {
        return Err(KeyFault::Hidden { which: which.to_owned() });
    };
    let secret = Secret::parse(text).map_err(|error| KeyFault::Malformed { which: which.to_owned(), error })?;
    match secret.kind() == name.kind() {
        true => Ok(secret),
        false => Err(KeyFault::OtherKind { which: which.to_owned(), is: secret.to_string() }),
    }
}

/// A key's path, unless it could contain a secret: a service can put the password into a path.
fn called<'k>(key: &'k Resource, secrets: &[Zeroizing<String>]) -> &'k str {
    key.path.as_deref().filter(|path| quote::is_plain(path, secrets)).unwrap_or("a key whose path is not shown")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "nqn.2014-08.org.nvmexpress:uuid:0a5bb1f2-4c1d-4b57-9c41-1f7a3c0de001";
    const SUBSYSTEM: &str = "nqn.2026-11.net.example:root";
    const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
    const ONE: &str = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
    const OTHER: &str = "DHHC-1:00:3YaRgz7dm5orkPodaAT7eoxCjyubG2atf8YR1MJrznilSjTs:";

    fn key(id: &str, protocol: &str, nqn: &str, host_key: Option<&str>, key: Option<&str>) -> Resource {
        let mut nvmeof = serde_json::json!({"NQN": nqn, "SecurityProtocolType": protocol, "SecureHashAllowList": []});
        if let Some(host_key) = host_key {
            nvmeof["HostKeyId"] = host_key.into();
        }
        let json = serde_json::json!({"@odata.id": format!("/k/{id}"), "Id": id, "KeyType": "NVMeoF", "KeyString": key, "NVMeoF": nvmeof});
        serde_json::from_value(json).unwrap()
    }

    fn lines(keys: &[Resource]) -> Result<Vec<String>, String> {
        let text = |found: &Found| match &found.secret {
            Ok(secret) => secret.expose().to_owned(),
            Err(reason) => format!("error: {reason}"),
        };
        let nqn = |found: &Found| found.subsystem.clone().unwrap_or("*".into());
        let line = |found: &Found| format!("{}\t{}\t{}\n", found.name.text(), nqn(found), text(found));
        Ok(take(keys, HOST, &[]).map_err(|error| error.to_string())?.found.iter().map(line).collect())
    }

    #[test]
    fn each_key_is_for_its_nqn() {
        let keys = [
            key("1", "DHHC", HOST, None, Some(ONE)),
            key("2", "DHHC", SUBSYSTEM, Some(""), Some(OTHER)),
            key("3", "TLS_PSK", SUBSYSTEM, None, Some(PSK)),
            key("4", "OEM", SUBSYSTEM, None, None),
        ];
        let expected = [
            format!("dhchap-secret\t*\t{ONE}\n"),
            format!("dhchap-ctrl-secret\t{SUBSYSTEM}\t{OTHER}\n"),
            format!("tls-psk\t{SUBSYSTEM}\t{PSK}\n"),
        ];
        assert_eq!(lines(&keys), Ok(expected.into()));
        // A target key with its pair; a host key for one subsystem.
        let paired =
            [key("a", "DHHC", "nqn.other:host", None, Some(ONE)), key("b", "DHHC", SUBSYSTEM, Some("a"), Some(OTHER))];
        let secrets = [
            format!("dhchap-secret\t{SUBSYSTEM}\t{ONE}\n"),
            format!("dhchap-secret\tnqn.other:host\t{ONE}\n"),
            format!("dhchap-ctrl-secret\t{SUBSYSTEM}\t{OTHER}\n"),
        ];
        assert_eq!(lines(&paired), Ok(secrets.into()));
    }

    #[test]
    fn unusable_keys_have_a_reason() {
        assert_eq!(lines(&[]), Err("of 0 key(s) there none is a DH-HMAC-CHAP secret or TLS PSK".into()));
        let refusal = |keys: &[Resource]| lines(keys).unwrap().concat();
        // An unusable key does not affect others.
        let hidden = "tls-psk\t*\terror: /k/1 has no KeyString: the service does not give the key out\n";
        let other = key("2", "TLS_PSK", SUBSYSTEM, None, Some(PSK));
        let expected = format!("{hidden}tls-psk\t{SUBSYSTEM}\t{PSK}\n");
        assert_eq!(refusal(&[key("1", "TLS_PSK", HOST, None, None), other]), expected);
        let broken = refusal(&[key("1", "TLS_PSK", HOST, None, Some("NVMeTLSkey-1:01:AAAA"))]);
        assert!(broken.starts_with("tls-psk\t*\terror: /k/1 is no key: ") && !broken.contains("AAAA"), "{broken}");
        let wrong = refusal(&[key("1", "TLS_PSK", HOST, None, Some(ONE))]);
        assert!(wrong.ends_with("and its SecurityProtocolType says otherwise\n") && !wrong.contains(ONE), "{wrong}");
        let two = |last| ["1", "2"].map(|id| key(id, "DHHC", HOST, None, Some(if id == "2" { last } else { ONE })));
        let said = "error: /k/2 is one of two different keys for the same: which is meant cannot be told\n";
        assert_eq!(refusal(&two(OTHER)), format!("dhchap-secret\t*\t{said}"));
        assert_eq!(refusal(&two(ONE)), format!("dhchap-secret\t*\t{ONE}\n"));
    }

    #[test]
    fn a_path_with_the_password_is_not_shown() {
        let secrets = [Zeroizing::new("Correct-Horse".to_owned())];
        let said =
            |key: Resource| take(&[key], HOST, &secrets).unwrap().found.remove(0).secret.unwrap_err().to_string();
        for text in [None, Some("no key"), Some(ONE)] {
            let said = said(key("Correct-Horse", "TLS_PSK", HOST, None, text));
            assert!(said.starts_with("a key whose path is not shown"), "{said}");
        }
        let refused =
            take(&[key("Correct-Horse", "TLS_PSK", "a,b", None, Some(PSK))], HOST, &secrets).unwrap_err().to_string();
        assert!(!refused.contains("Horse"), "{refused}");
    }

    #[test]
    fn texts_for_people_show_no_key() {
        let found = take(&[key("1", "DHHC", HOST, None, Some(ONE))], HOST, &[]).unwrap();
        assert_eq!(
            found.found[0].to_string(),
            "dhchap-secret for every subsystem: a DH-HMAC-CHAP secret of 32 bytes, used as it is\n"
        );
    }
}

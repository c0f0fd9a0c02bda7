//! A secret may lie in every place of an answer: it comes out as a key of the protocol, or not at all.

use crate::service::{Certificate, Response, serve};
use crate::{COLLECTION, HOST, OTHER, PSK, Root, SECRET, SUBSYSTEM, collection, key};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const PASSWORD: &str = "pass:word";
/// `operator:pass:word`, as HTTP has it.
const BASIC: &str = "b3BlcmF0b3I6cGFzczp3b3Jk";
const TOKEN: &str = "token-of-the-session";

/// All that no text may have in it, as it would be found in any form of it.
const TRACES: [&str; 6] = ["AAECAwQF", "3YaRgz7d", "VRLbtnN9", "word", BASIC, TOKEN];

/// Answers to each path.
type Answers = Arc<Mutex<Box<dyn Fn(&str) -> Response + Send>>>;

/// A service whose answers are replaced, once for all paths.
struct Service {
    root: Root,
    base: String,
    answers: Answers,
}

impl Service {
    fn new(name: &str) -> Self {
        let certificate = Certificate::new(&["127.0.0.1"]);
        let answers: Answers = Arc::new(Mutex::new(Box::new(|_| (404, Vec::new(), String::new()))));
        let of = Arc::clone(&answers);
        let (at, _) = serve("127.0.0.1:0", &certificate, move |request| match request.line.as_str() {
            "POST /redfish/v1/SessionService/Sessions" => {
                (201, vec![("X-Auth-Token", TOKEN.into()), ("Location", "/redfish/v1/S/1".into())], "{}".into())
            }
            _ if request.header("x-auth-token") != Some(TOKEN) => (401, Vec::new(), String::new()),
            line => of.lock().unwrap()(line.split_once(' ').unwrap().1),
        });
        let root = Root::new(name).with_user().with("fingerprint", &certificate.fingerprint);
        Self { root, base: format!("https://{at}"), answers }
    }

    /// Fetches what is at a path, where it answers like this, for programs and for people; what of it may hold no secret.
    fn texts(&self, path: &str, answer: impl Fn(&str) -> Response + Send + 'static) -> String {
        *self.answers.lock().unwrap() = Box::new(answer);
        let keypath = format!("{}{path}", self.base);
        let (code, output, error) = self.root.fetch(&keypath);
        assert!([0, 1, 75].contains(&code), "{code}: {error}");
        // Of a line for programs all but its key.
        let reasons = output.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().remove("key");
            line.to_string()
        });
        let reasons: Vec<_> = reasons.collect();
        let (_, shown, complained) = self.root.run(&[&keypath, HOST]);
        let texts = format!("{}\n{error}{shown}{complained}", reasons.join("\n"));
        assert!(!texts.contains(|c: char| c.is_control() && c != '\n'), "{texts:?}");
        assert!(texts.len() < 8000, "{texts}");
        texts
    }
}

/// Each document with one of its nodes, or of its names, replaced.
fn replaced(document: &Value, secret: &str) -> Vec<Value> {
    let mut all = vec![json!(secret), json!([secret]), json!({ secret: secret })];
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                for inner in replaced(value, secret) {
                    let mut members = members.clone();
                    members.insert(name.clone(), inner);
                    all.push(Value::Object(members));
                }
                let mut members = members.clone();
                members.remove(name);
                members.insert(secret.to_owned(), value.clone());
                all.push(Value::Object(members));
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                for inner in replaced(value, secret) {
                    let mut values = values.clone();
                    values[at] = inner;
                    all.push(Value::Array(values));
                }
            }
        }
        _ => {}
    }
    all
}

/// What an answer can be, whole and by every kind of document that leads to keys.
fn documents() -> [Value; 3] {
    let service = json!({
        "@odata.id": "/redfish/v1/KeyService", "Id": "KeyService", "NVMeoFSecrets": {"@odata.id": COLLECTION},
    });
    let mut page = collection(&["Host"]);
    page["Members"].as_array_mut().unwrap().push(key("Psk").unwrap());
    page["Members@odata.nextLink"] = json!(format!("{COLLECTION}?$skip=1"));
    [service, page, key("Target").unwrap()]
}

#[test]
fn no_secret_in_any_place_of_an_answer_comes_out() {
    let service = Service::new("places");
    let secrets = [SECRET, OTHER, PSK, PASSWORD, TOKEN];
    let mut tried = 0;
    for (number, document) in documents().into_iter().enumerate() {
        // Each place once, with one secret after the other, and paths that lead there.
        for (at, document) in replaced(&document, "SECRET").into_iter().enumerate() {
            for form in ["", "/redfish/v1/", "https://192.0.2.1/", "https://user:"] {
                if number + at > 0 && !form.is_empty() && (at + form.len()) % 4 != 0 {
                    continue;
                }
                let secret = secrets[tried % secrets.len()];
                let body = document.to_string().replace("SECRET", &format!("{form}{secret}"));
                let texts = service.texts("/redfish/v1/start", move |path| match path {
                    "/redfish/v1/start" => (200, Vec::new(), body.clone()),
                    COLLECTION => (200, Vec::new(), collection(&["Host"]).to_string()),
                    path => match path.strip_prefix(COLLECTION).and_then(|id| key(&id[1..])) {
                        Some(key) => (200, Vec::new(), key.to_string()),
                        None => (404, Vec::new(), String::new()),
                    },
                });
                let found = TRACES.iter().find(|trace| texts.contains(**trace));
                assert_eq!(found, None, "{document}: {texts}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn no_secret_in_what_is_no_resource_or_leads_away_comes_out() {
    let service = Service::new("no-resource");
    for secret in [SECRET, OTHER, PSK, PASSWORD, TOKEN, BASIC] {
        let bodies = [
            secret.to_owned(),
            format!("{{{secret}"),
            format!("\"{secret}"),
            format!("{{\"Members\": \"{secret}\"}}"),
            format!("{{\"NVMeoF\": \"{secret}\"}}"),
        ];
        for body in bodies {
            let texts = service.texts("/redfish/v1/start", move |_| (200, Vec::new(), body.clone()));
            assert_eq!(TRACES.iter().find(|trace| texts.contains(**trace)), None, "{texts}");
        }
        let ways = ["", "/", "/redfish/v1/a-", "https://192.0.2.1/", "https://user:", "//", "http://"];
        for way in ways {
            let to = format!("{way}{secret}");
            let texts = service.texts("/redfish/v1/start", move |path| match path {
                "/redfish/v1/start" => (302, vec![("Location", to.clone())], String::new()),
                _ => (404, Vec::new(), String::new()),
            });
            assert_eq!(TRACES.iter().find(|trace| texts.contains(**trace)), None, "{texts}");
        }
    }
}

#[test]
fn a_key_with_a_name_that_is_none_costs_itself_alone() {
    let service = Service::new("names");
    let bad = [
        "nqn.2026-11.net.example:a\ttls-psk".to_owned(),
        format!("x\ntls-psk\t*\t{PSK}"),
        "nqn.2026-11.net.example:\u{9b}2J".into(),
        "n".repeat(300),
        "a,b".into(),
        "a b".into(),
    ];
    for name in bad {
        let mut strange = key("Psk").unwrap();
        (strange["NVMeoF"]["NQN"], strange["Id"]) = (json!(name), json!("Strange"));
        strange["@odata.id"] = json!(format!("{COLLECTION}/Strange"));
        let page = json!({"Members": [strange, key("Psk").unwrap()]}).to_string();
        *service.answers.lock().unwrap() = Box::new(move |_| (200, Vec::new(), page.clone()));
        let (code, output, complained) = service.root.fetch(&format!("{}{COLLECTION}", service.base));
        assert_eq!((code, output), (0, crate::line("tls-psk", Some(SUBSYSTEM), PSK)));
        assert!(
            complained.starts_with(&format!("{COLLECTION}/Strange is ignored: its NQN is unusable: it h")),
            "{complained}"
        );
        assert_eq!(complained.lines().count(), 1);
        assert!(!complained.trim_end().contains(char::is_control));
    }
    // One that is odd, but can be asked for, is shown to people as text.
    let mut odd = key("Psk").unwrap();
    odd["NVMeoF"]["NQN"] = json!("odd:\u{202e}\"");
    let odd = odd.to_string();
    *service.answers.lock().unwrap() = Box::new(move |_| (200, Vec::new(), odd.clone()));
    let keypath = format!("{}{COLLECTION}/Psk", service.base);
    let (_, shown, _) = service.root.run(&[&keypath, HOST]);
    assert!(shown.starts_with("tls-psk for odd:\\u{202e}\": a TLS PSK"), "{shown}");
    let (_, output, _) = service.root.fetch(&keypath);
    let line: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(line, json!({"name": "tls-psk", "subsystem": "odd:\u{202e}\"", "key": PSK}));
}

#[test]
fn no_program_takes_a_secret_as_an_argument_or_by_its_environment() {
    use clap::CommandFactory;
    let of_redfish = nbft_redfish::Args::command();
    let mut commands = vec![of_redfish, nbft_connect::cli::Cli::command()];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        for argument in command.get_arguments() {
            // The user class of DHCP (RFC 3004) names a kind of machine, not a user.
            let id = argument.get_id().as_str().replace("dhcp_user_class", "");
            for word in ["secret", "psk", "password", "user", "token", "dhchap"] {
                assert!(!id.contains(word), "{}: {id}", command.get_name());
            }
        }
    }
}

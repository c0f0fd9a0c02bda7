//! What is asked of a service, and what is said when it does not give the keys.

use crate::service::{Certificate, Request, Response, json, serve, status};
use crate::{COLLECTION, HOST, OTHER, PSK, Root, SECRET, SUBSYSTEM, collection, failed, key, line, lines};
use serde_json::json;

/// `operator:pass:word`.
const BASIC: &str = "Basic b3BlcmF0b3I6cGFzczp3b3Jk";

/// The keys, for everybody.
fn keys(request: &Request) -> Response {
    let path = request.line.strip_prefix("GET ").unwrap_or_default();
    if path == COLLECTION {
        return json(&collection(&["Host", "Target", "Psk"]));
    }
    match path.strip_prefix(COLLECTION).and_then(|id| key(&id[1..])) {
        Some(key) => json(&key),
        None => status(404),
    }
}

#[test]
fn a_collection_is_read_by_who_may() {
    let certificate = Certificate::new(&["127.0.0.1"]);
    let (at, log) = serve("127.0.0.1:0", &certificate, |request| match request.header("authorization") {
        Some(BASIC) => keys(request),
        _ => status(401),
    });
    let root = Root::new("basic").with_user().with("ca", &certificate.pem);
    let keypath = format!("https://{at}{COLLECTION}");
    assert_eq!(root.fetch(&keypath), (0, lines(), String::new()));
    let members = ["", "/Host", "/Target", "/Psk"].map(|path| format!("GET {COLLECTION}{path}"));
    assert_eq!(*log.lock().unwrap(), members);
    // For people, without the keys.
    let (code, output, _) = root.run(&[&keypath, HOST]);
    let shown = format!(
        "dhchap-secret for every subsystem: a DH-HMAC-CHAP secret of 32 bytes, used as it is\n\
         dhchap-secret for {SUBSYSTEM}: a DH-HMAC-CHAP secret of 32 bytes, used as it is\n\
         dhchap-ctrl-secret for {SUBSYSTEM}: a DH-HMAC-CHAP secret of 32 bytes, used as it is\n\
         tls-psk for {SUBSYSTEM}: a TLS PSK of 32 bytes, retained with SHA-256, for TLS_AES_128_GCM_SHA256\n"
    );
    assert_eq!((code, output), (0, shown));
    // One key alone.
    let (code, output, _) = root.fetch(&format!("{keypath}/Psk"));
    assert_eq!((code, output), (0, line("tls-psk", Some(SUBSYSTEM), PSK)));
}

#[test]
fn services_lead_to_their_keys_in_several_ways() {
    let certificate = Certificate::new(&["127.0.0.1"]);
    let (at, _) = serve("127.0.0.1:0", &certificate, |request| match request.line.as_str() {
        "GET /redfish/v1/KeyService" => (308, vec![("Location", "/redfish/v1/KeyService/".into())], String::new()),
        "GET /redfish/v1/KeyService/" => json(&json!({"Id": "KeyService", "NVMeoFSecrets": {"@odata.id": COLLECTION}})),
        // The first page has a member as a whole, the second by its path.
        line if line == format!("GET {COLLECTION}") => json(&json!({
            "Members": [key("Psk")],
            "Members@odata.nextLink": format!("{COLLECTION}?$skip=1"),
        })),
        line if line == format!("GET {COLLECTION}?$skip=1") => json(&collection(&["Target", "Host"])),
        _ => keys(request),
    });
    let root = Root::new("ways").with("fingerprint", &certificate.fingerprint);
    assert_eq!(root.fetch(&format!("https://{at}/redfish/v1/KeyService")), (0, lines(), String::new()));
}

#[test]
fn who_may_not_come_by_basic_authentication_gets_a_session() {
    let certificate = Certificate::new(&["127.0.0.1"]);
    let (at, log) = serve("127.0.0.1:0", &certificate, |request| match request.line.as_str() {
        "POST /redfish/v1/SessionService/Sessions" => {
            let login: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            assert_eq!(login, json!({"UserName": "operator", "Password": "pass:word"}));
            assert_eq!(request.header("authorization"), None);
            let session = "/redfish/v1/SessionService/Sessions/7".to_owned();
            (201, vec![("X-Auth-Token", "token".into()), ("Location", session)], "{}".into())
        }
        "DELETE /redfish/v1/SessionService/Sessions/7" => status(204),
        _ if request.header("x-auth-token") == Some("token") => keys(request),
        _ => status(401),
    });
    let root = Root::new("session").with_user().with("fingerprint", &certificate.fingerprint);
    assert_eq!(root.fetch(&format!("https://{at}{COLLECTION}/Psk")).0, 0);
    let expected = [
        format!("GET {COLLECTION}/Psk"),
        "POST /redfish/v1/SessionService/Sessions".into(),
        format!("GET {COLLECTION}/Psk"),
        "DELETE /redfish/v1/SessionService/Sessions/7".into(),
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[test]
fn nothing_is_asked_of_a_service_that_nobody_vouches_for() {
    let (certificate, other) = (Certificate::new(&["127.0.0.1"]), Certificate::new(&["127.0.0.1"]));
    let (at, log) = serve("127.0.0.1:0", &certificate, keys);
    let keypath = format!("https://{at}{COLLECTION}");
    let shows = format!("; its SHA-256 fingerprint is {}\n", certificate.fingerprint.replace(':', ""));
    let refused = |root: Root, why: &str| {
        let (code, output, error) = root.with_user().fetch(&keypath);
        assert_eq!((code, output), (1, failed("untrusted")), "{error}");
        assert_eq!(error, format!("https://{at}: its certificate is not trusted: {why}{shows}"));
    };
    let nothing = "nothing says which is right (looked for /etc/nbft/redfish/NAME; no credentials were given; NAME is ca or \
                   fingerprint)";
    refused(Root::new("untrusted"), nothing);
    refused(Root::new("other").with("fingerprint", &other.fingerprint), "its fingerprint is not listed");
    let by_other = "no authority vouches for it (invalid peer certificate: BadSignature)";
    refused(Root::new("ca").with("ca", &other.pem), by_other);
    assert_eq!(*log.lock().unwrap(), [""; 0]);
    // A certificate for another name, and its fingerprint, by which the name does not matter.
    let elsewhere = Certificate::new(&["bmc.example"]);
    let (at, _) = serve("127.0.0.1:0", &elsewhere, keys);
    let keypath = format!("https://{at}{COLLECTION}");
    let (code, _, error) = Root::new("name").with("ca", &elsewhere.pem).fetch(&keypath);
    assert!(
        code == 1 && error.contains("no authority vouches for it") && error.contains("not valid for name"),
        "{error}"
    );
    assert_eq!(Root::new("pinned").with("fingerprint", &elsewhere.fingerprint).fetch(&keypath).0, 0);
    let (code, output, error) = Root::new("no-pem").with("ca", "nonsense").fetch(&keypath);
    assert_eq!((code, output), (1, failed("settings")));
    assert!(error.starts_with("the certificates of authorities for Redfish: "), "{error}");
}

#[test]
fn each_refusal_has_its_sentence() {
    let certificate = Certificate::new(&["127.0.0.1"]);
    let long = "/redfish/v1/".to_owned() + &"a".repeat(20);
    let (at, log) = serve("127.0.0.1:0", &certificate, move |request| match request.line.rsplit('/').next().unwrap() {
        "wants-user" | "Sessions" => status(401),
        "forbidden" => status(403),
        "busy" => status(503),
        "text" => (200, Vec::new(), "<html>".into()),
        "other" => json(&json!({"Id": "1", "Name": "Chassis"})),
        "empty" => json(&collection(&[])),
        "away" => (302, vec![("Location", "https://192.0.2.1/redfish/v1/keys".into())], String::new()),
        "round" => (302, vec![("Location", "/redfish/v1/round".into())], String::new()),
        "endless" => json(&json!({"Members": [], "Members@odata.nextLink": "/redfish/v1/endless"})),
        "strangers" => json(&json!({"Members": [{"@odata.id": "https://192.0.2.1/key"}]})),
        "hidden" => {
            let mut key = key("Psk").unwrap();
            key["KeyString"] = serde_json::Value::Null;
            json(&key)
        }
        "half" => (200, Vec::new(), r#"{"Members": ["#.into()),
        "large" => (200, Vec::new(), long.repeat(200_000)),
        _ => status(404),
    });
    let root = Root::new("refusals").with("fingerprint", &certificate.fingerprint);
    let base = format!("https://{at}");
    let refused = |root: &Root, path: &str, (code, kind): (i32, &str), error: &str| {
        let (ended, output, said) = root.fetch(&format!("{base}/redfish/v1/{path}"));
        assert_eq!((ended, output, said.trim_end()), (code, failed(kind), error));
    };
    let at_path = |path: &str, what: &str| format!("{base}/redfish/v1/{path}: {what}");
    let (denied, no_keys) = ((1, "denied"), (1, "no-keys"));
    let (answer, answer_now) = ((1, "answer"), (75, "answer"));
    let places = "looked for /etc/nbft/redfish/NAME; no credentials were given, NAME being user and password";
    let nobody = format!("it wants a user and a password, and there are none: {places}");
    refused(&root, "wants-user", denied, &at_path("wants-user", &nobody));
    refused(&root, "forbidden", denied, &at_path("forbidden", "the user may not read it"));
    refused(&root, "busy", answer_now, &at_path("busy", "it answers with status 503 Service Unavailable"));
    refused(&root, "nowhere", no_keys, &at_path("nowhere", "there is no such resource"));
    let no_json = "not a Redfish resource: it is not JSON (line 1, column 1)";
    refused(&root, "text", answer, &at_path("text", no_json));
    let half = "not a Redfish resource: it ends too early (line 1, column 13)";
    refused(&root, "half", answer_now, &at_path("half", half));
    refused(&root, "other", no_keys, &at_path("other", "it is neither a Key nor a collection of keys"));
    let none = "/redfish/v1/empty: of 0 key(s) there none is a DH-HMAC-CHAP secret or TLS PSK";
    refused(&root, "empty", no_keys, none);
    let away = format!("{base}: it leads to https://192.0.2.1, which is another service");
    refused(&root, "away", answer, &away);
    refused(&root, "round", answer, &at_path("round", "the service sends from one place to the next"));
    refused(&root, "endless", no_keys, "/redfish/v1/endless: more than 1024 resources belong to it");
    refused(&root, "strangers", answer, &away);
    refused(&root, "large", answer, &at_path("large", "it is longer than 4194304 bytes"));
    let (code, output, _) = root.fetch(&format!("{base}/redfish/v1/hidden"));
    let hidden = "/redfish/v1/hidden has no KeyString: the service does not give the key out";
    let hidden = format!(
        "{{\"name\":\"tls-psk\",\"subsystem\":\"{SUBSYSTEM}\",\"error\":\"{hidden}\",\"code\":\"key-hidden\"}}\n"
    );
    assert_eq!((code, output), (0, hidden));
    // A wrong password is tried by both ways, and never again: services lock users out.
    log.lock().unwrap().clear();
    let user = Root::new("wrong-password").with("fingerprint", &certificate.fingerprint).with_user();
    let sessions = at_path("SessionService/Sessions", "it does not take the user or the password");
    refused(&user, "wants-user", denied, &sessions);
    assert_eq!(log.lock().unwrap().len(), 2);
}

#[test]
fn what_is_no_service() {
    let root = Root::new("none");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let fetched = root.fetch(&format!("https://{at}/k"));
    assert_eq!(fetched, (75, failed("unreachable"), format!("https://{at}/k: Connection refused (os error 111)\n")));
    let cases = [
        ("http://127.0.0.1/k", "only https is used: secrets would be in plaintext on the wire"),
        ("https://127.0.0.1:65536/k", "its port is not from 1 to 65535"),
        ("https:///k", "it is no URI: invalid format"),
        ("ftp://x/k", "only https is used: secrets would be in plaintext on the wire"),
    ];
    for (keypath, why) in cases {
        // The password is the service's, not the log's.
        let shown = keypath.replace("user:word", "***");
        assert_eq!(root.fetch(keypath), (1, failed("no-keys"), format!("{shown}: {why}\n")));
    }
    // Who they name is not said.
    let named = "https://***@127.0.0.1/k: it names a user, who belongs in the settings: everybody can read a table\n";
    assert_eq!(root.fetch("https://user:word@127.0.0.1/k"), (1, failed("no-keys"), named.into()));
    // Nothing of a secret is ever in an error.
    for secret in [SECRET, OTHER, PSK] {
        assert!(!format!("{:?}", root.fetch("/k")).contains(secret));
    }
}

#[test]
fn what_a_service_says_does_no_harm() {
    let certificate = Certificate::new(&["127.0.0.1"]);
    let (at, _) = serve("127.0.0.1:0", &certificate, |request| {
        let loud = "\u{1b}[2J\r\nINJECTED\u{9b}\u{202e}\u{e0041}\u{200b}\"'%s$(id)";
        let line = request.line.as_str();
        match line.strip_prefix("GET /").unwrap_or_default() {
            "nqn" => {
                let mut psk = key("Psk").unwrap();
                psk["NVMeoF"]["NQN"] = format!("{SUBSYSTEM}{loud}").into();
                json(&psk)
            }
            "key" => {
                let mut psk = key("Psk").unwrap();
                (psk["KeyString"], psk["Name"], psk["Id"]) = (loud.into(), loud.into(), loud.into());
                json(&psk)
            }
            "type" => json(&json!({"Members": loud, "KeyType": loud, "NVMeoF": loud, "@odata.type": loud})),
            "members" => json(&json!({"Members": [{"@odata.id": format!("/{loud}")}], "Members@odata.nextLink": loud})),
            "error" => (400, Vec::new(), json!({"error": {"message": loud, "code": loud}}).to_string()),
            _ => (200, Vec::new(), loud.to_owned()),
        }
    });
    let root = Root::new("hostile").with("ca", &certificate.pem);
    for path in ["nqn", "key", "type", "members", "error", "text", "\u{1b}[2J\u{9b}\n\u{202e}"] {
        let (_, output, error) = root.run(&[&format!("https://{at}/{path}"), HOST]);
        assert!(!output.is_empty() || !error.is_empty(), "{path}");
        for text in [&output, &error] {
            assert!(text.chars().all(|c| c == '\n' || libnbft::text::is_harmless(c)), "{path}: {text:?}");
            assert!(!text.lines().any(|line| line.starts_with("INJECTED")), "{path}: {text:?}");
        }
    }
    let (code, _, error) = root.run(&["\u{1b}[2J\n", "--x\u{9b}"]);
    assert!(code == 2 && error.chars().all(|c| c == '\n' || libnbft::text::is_harmless(c)), "{error:?}");
}

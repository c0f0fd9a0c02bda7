//! Turns the fuzzer's bytes into Redfish answers and frames between our own processes, and checks what is read from them.

use nbft_connect::nvme::fabrics::fuzz::frames;
use nbft_connect::output::escape;
use nbft_redfish::fuzz;

/// What stands in the fuzzer's bytes for these: a key, a PSK, a password, the host.
const STANDS_FOR: [(&str, &str); 4] = [("@S", SECRET), ("@P", PSK), ("@W", PASSWORD), ("@H", HOST)];

const SECRET: &str = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
const PASSWORD: &str = "Correct-Horse";
const HOST: &str = "nqn.2014-08.org.nvmexpress:uuid:0a5bb1f2-4c1d-4b57-9c41-1f7a3c0de001";

/// What shows that one of them came out.
const TRACES: [&str; 3] = ["AAECAwQF", "VRLbtnN9", PASSWORD];

/// No text is longer, in bytes.
const MAX_TEXT: usize = 2048;

/// Between two answers; no JSON holds it.
const NEXT: u8 = 0xff;

/// Reads the fuzzer's bytes as what the first of them says.
pub fn read(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    let texts = match kind % 3 {
        0 => answers(&filled(bytes)),
        1 => fuzz::lines(&filled(bytes)),
        _ => return frames(bytes),
    };
    for text in texts {
        assert_eq!(escape(&text), text, "a text that is not harmless");
        assert!(text.len() <= MAX_TEXT, "{} bytes", text.len());
        // A line of `nbft-redfish` is ours; that a name in it is a secret is looked at where the name comes from.
        let found = TRACES.iter().find(|trace| kind % 3 == 0 && text.contains(**trace));
        assert_eq!(found, None, "{text}");
    }
}

fn answers(bytes: &[u8]) -> Vec<String> {
    let bodies: Vec<&[u8]> = bytes.split(|byte| *byte == NEXT).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(fuzz::answers(&bodies, HOST, PASSWORD))
}

/// The bytes with what they stand for.
fn filled(bytes: &[u8]) -> Vec<u8> {
    let mut filled = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let stands = STANDS_FOR.iter().find(|(mark, _)| rest.starts_with(mark.as_bytes()));
        match stands {
            Some((mark, text)) => {
                filled.extend_from_slice(text.as_bytes());
                rest = &rest[mark.len()..];
            }
            None => {
                filled.push(*first);
                rest = after;
            }
        }
    }
    filled
}

/// Answers, lines and frames as they are when all is well, and nearly well.
pub fn seeds() -> Vec<Vec<u8>> {
    let key = |id: &str, nqn: &str, protocol: &str, more: &str, text: &str| {
        format!(
            r#"{{"@odata.id":"/redfish/v1/K/{id}","Id":"{id}","KeyType":"NVMeoF","KeyString":"{text}","NVMeoF":{{"NQN":"{nqn}","SecurityProtocolType":"{protocol}"{more}}}}}"#
        )
    };
    let subsystem = "nqn.2026-11.net.example:root";
    let host = key("Host", "@H", "DHHC", "", "@S");
    let target = key("Target", subsystem, "DHHC", r#","HostKeyId":"Host""#, "@S");
    let psk = key("Psk", subsystem, "TLS_PSK", "", "@P");
    let service = r#"{"Id":"KeyService","NVMeoFSecrets":{"@odata.id":"/redfish/v1/K"}}"#;
    let collection = r#"{"Members":[{"@odata.id":"/redfish/v1/K/Host"},{"@odata.id":"/redfish/v1/K/Target"}]}"#;
    let pages = format!(r#"{{"Members":[{psk}],"Members@odata.nextLink":"/redfish/v1/K?$skip=1"}}"#);
    let misplaced = r#"{"Members":"@S"}"#;
    let odd = r#"{"Members":[{"@odata.id":"@W"}]}"#;
    let told: Vec<Vec<&str>> = vec![
        vec![&psk],
        vec![service, collection, &host, &target],
        vec![&pages, collection, &host, &target],
        vec![misplaced],
        vec![odd, r#"{"KeyType":"NVMeoF","NVMeoF":"@S"}"#],
    ];
    let mut seeds: Vec<_> = told
        .iter()
        .map(|bodies| {
            [&[0], bodies.iter().map(|body| body.as_bytes()).collect::<Vec<_>>().join(&NEXT).as_slice()].concat()
        })
        .collect();
    let lines = [
        r#"{"name":"dhchap-secret","key":"@S"}"#,
        r#"{"name":"tls-psk","subsystem":"nqn.2026-11.net.example:root","key":"@P"}"#,
        r#"{"name":"dhchap-ctrl-secret","error":"it is hidden","code":"key-hidden"}"#,
    ];
    seeds.push([&[1], (lines.join("\n") + "\n").as_bytes()].concat());
    let requirements = r#"{"policy":null,"has_secret":true,"mutual":false,"tls":null}"#;
    let frames = [
        r#""Supported""#.to_owned(),
        format!(r#"{{"Connect":{requirements}}}"#),
        format!(r#"{{"Discover":["Persistent",{requirements}]}}"#),
        r#"{"Supported":{"Ok":"transport=%s"}}"#.into(),
        r#"{"Written":{"Controller":{"instance":0,"authenticated":null,"secured":"TLS 1.3"}}}"#.into(),
        r#"{"Written":{"Refused":{"errno":111,"cause":"port-closed","says_all":false,"hint":null,"logged":[],"keeps_from_plaintext":false}}}"#.into(),
        r#"{"LogPage":{"Unreadable":{"slow":10}}}"#.into(),
        r#""Malformed""#.into(),
    ];
    let framed = frames.iter().flat_map(|frame| [&(frame.len() as u32).to_le_bytes()[..], frame.as_bytes()].concat());
    seeds.push(std::iter::once(2).chain(framed).collect());
    seeds
}

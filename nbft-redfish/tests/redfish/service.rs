//! A Redfish service for what no emulator does: users, sessions, refusals, redirects, what is broken. HTTPS on loopback, with a
//! certificate made for the test.

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
pub(crate) struct Request {
    /// Method and path.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Status, headers, body.
pub(crate) type Response = (u16, Vec<(&'static str, String)>, String);

/// A resource.
pub(crate) fn json(value: &serde_json::Value) -> Response {
    (200, Vec::new(), value.to_string())
}

/// Nothing but a status.
pub(crate) fn status(status: u16) -> Response {
    (status, Vec::new(), "{}".into())
}

/// A certificate for these names, with its key.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    pub(crate) key_pem: String,
    /// As `openssl` prints it.
    pub(crate) fingerprint: String,
    config: Arc<ServerConfig>,
}

impl Certificate {
    pub(crate) fn new(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let digest: [u8; 32] = Sha256::digest(made.cert.der()).into();
        Self {
            pem: made.cert.pem(),
            key_pem: made.signing_key.serialize_pem(),
            fingerprint: digest.map(|byte| format!("{byte:02X}")).join(":"),
            config: Arc::new(config),
        }
    }
}

/// What was asked so far.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

type Answer = Box<dyn Fn(&Request) -> Response + Send + Sync>;

/// Serves until the test ends; each request's line is in the log.
pub(crate) fn serve(
    address: &str,
    certificate: &Certificate,
    answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
) -> (SocketAddr, Log) {
    let listener = TcpListener::bind(address).unwrap();
    let (at, log) = (listener.local_addr().unwrap(), Log::default());
    let (config, answer): (_, Arc<Answer>) = (Arc::clone(&certificate.config), Arc::new(Box::new(answer)));
    let logged = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, answer, log) = (Arc::clone(&config), Arc::clone(&answer), Arc::clone(&logged));
            std::thread::spawn(move || converse(stream, config, &answer, &log));
        }
    });
    (at, log)
}

/// One connection after the other request; ends when the client does.
fn converse(stream: TcpStream, config: Arc<ServerConfig>, answer: &Answer, log: &Log) -> Option<()> {
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config).ok()?, stream));
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let line = lines.first()?.strip_suffix(" HTTP/1.1")?.to_owned();
        let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
        let headers: Vec<_> = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let mut request = Request { line, headers, body: String::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        stream.by_ref().take(length).read_to_string(&mut request.body).ok()?;
        log.lock().unwrap().push(request.line.clone());
        let (status, headers, body) = answer(&request);
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\n\r\n", body.len());
        stream.get_mut().write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}

//! A DHCPv4 server that grants each client another address each time.

use nix::sys::socket::{setsockopt, sockopt};
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it grants.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// Of the addresses, one after the other, and from the beginning again.
    pub(crate) pool: [u8; 2],
    /// Seconds that a lease lasts.
    pub(crate) seconds: u32,
    /// Seconds after which it is to be renewed.
    pub(crate) renew: u32,
}

/// A server at 192.0.2.1 on a link that ends with the test.
pub(crate) struct Granting {
    ended: Arc<AtomicBool>,
    silent: Arc<AtomicBool>,
    staying: Arc<AtomicBool>,
    granted: Arc<AtomicU32>,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Granting {
    pub(crate) fn start(link: &str, terms: Terms) -> Self {
        let socket = UdpSocket::bind("0.0.0.0:67").unwrap();
        setsockopt(&socket, sockopt::BindToDevice, &link.into()).unwrap();
        socket.set_broadcast(true).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut server = Self {
            ended: Arc::default(),
            silent: Arc::default(),
            staying: Arc::default(),
            granted: Arc::default(),
            received: Arc::default(),
            thread: None,
        };
        let flags = (server.ended.clone(), server.silent.clone(), server.staying.clone(), server.granted.clone());
        let received = server.received.clone();
        server.thread = Some(std::thread::spawn(move || {
            let (ended, silent, staying, granted) = flags;
            let (mut next, mut offered, mut held) = (terms.pool[0], None, None);
            let mut request = [0; 1500];
            while !ended.load(Ordering::Relaxed) {
                let Ok((length, _)) = socket.recv_from(&mut request) else { continue };
                if silent.load(Ordering::Relaxed) {
                    continue;
                }
                let Some(message) = Message::read(&request[..length]) else { continue };
                received.lock().unwrap().push(request[..length].to_vec());
                let answer = match message.kind {
                    // DHCPDISCOVER is answered by DHCPOFFER.
                    1 => {
                        offered = Some(next);
                        next = if next == terms.pool[1] { terms.pool[0] } else { next + 1 };
                        message.answer(2, offered.unwrap_or(next), terms)
                    }
                    // DHCPREQUEST by DHCPACK for what was offered, or for what is held where nobody is moved; by DHCPNAK else.
                    3 if message.wanted.is_some()
                        && (message.wanted == offered || staying.load(Ordering::Relaxed) && message.wanted == held) =>
                    {
                        held = message.wanted;
                        offered = None;
                        granted.fetch_add(1, Ordering::Relaxed);
                        message.answer(5, held.unwrap_or(next), terms)
                    }
                    3 => message.answer(6, 0, terms),
                    _ => continue,
                };
                let _ = socket.send_to(&answer, "255.255.255.255:68");
            }
        }));
        server
    }

    /// Whether it answers nobody.
    pub(crate) fn be_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }

    /// Whether it renews leases: it moves the client each time otherwise.
    pub(crate) fn renew(&self, staying: bool) {
        self.staying.store(staying, Ordering::Relaxed);
    }

    /// The messages that it has received, as they came.
    pub(crate) fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }

    /// How often it has granted an address.
    pub(crate) fn granted(&self) -> u32 {
        self.granted.load(Ordering::Relaxed)
    }
}

impl Drop for Granting {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

struct Message<'m> {
    bytes: &'m [u8],
    kind: u8,
    /// The last number of the address that is wanted.
    wanted: Option<u8>,
}

impl<'m> Message<'m> {
    fn read(bytes: &'m [u8]) -> Option<Self> {
        let client = *bytes.get(15)?;
        let mut message = Self { bytes, kind: 0, wanted: (client != 0).then_some(client) };
        let mut options = bytes.get(240..)?;
        while let [code, rest @ ..] = options {
            match (code, rest) {
                (0, _) => options = rest,
                (255, _) => break,
                (code, [length, rest @ ..]) => {
                    let value = rest.get(..usize::from(*length))?;
                    match code {
                        53 => message.kind = *value.first()?,
                        50 => message.wanted = value.last().copied(),
                        _ => {}
                    }
                    options = &rest[usize::from(*length)..];
                }
                _ => return None,
            }
        }
        Some(message)
    }

    fn answer(&self, kind: u8, address: u8, terms: Terms) -> Vec<u8> {
        let mut answer = vec![0; 240];
        answer[..4].copy_from_slice(&[2, 1, 6, 0]);
        answer[4..8].copy_from_slice(&self.bytes[4..8]);
        answer[10..12].copy_from_slice(&[0x80, 0]);
        if kind != 6 {
            answer[16..20].copy_from_slice(&[192, 0, 2, address]);
        }
        answer[28..44].copy_from_slice(&self.bytes[28..44]);
        answer[236..240].copy_from_slice(&[99, 130, 83, 99]);
        let mut option = |code: u8, value: &[u8]| {
            answer.extend_from_slice(&[code, value.len() as u8]);
            answer.extend_from_slice(value);
        };
        option(53, &[kind]);
        option(54, &SERVER.octets());
        if kind != 6 {
            option(1, &[255, 255, 255, 0]);
            option(51, &terms.seconds.to_be_bytes());
            option(58, &terms.renew.to_be_bytes());
            option(59, &(terms.renew + (terms.seconds - terms.renew) / 2).to_be_bytes());
            option(3, &SERVER.octets());
        }
        answer.push(255);
        answer.resize(answer.len().max(300), 0);
        answer
    }
}

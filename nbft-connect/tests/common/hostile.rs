//! DHCP servers that say what a test wants them to, on the peer of eth0.

use nix::sys::socket::{setsockopt, sockopt};
use std::ffi::OsString;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a DHCPv4 server grants: an address, and options by code.
pub(crate) type Grant = (Ipv4Addr, Vec<(u8, Vec<u8>)>);

/// What a DHCPv6 server grants: an address, its preferred and valid lifetime, T1 and T2.
pub(crate) type Grant6 = (Ipv6Addr, [u32; 4]);

/// What a server makes of a request, and whether that grants something.
type Answer<G> = fn(&[u8], &G) -> Option<(Vec<u8>, bool)>;

/// A server that answers until the test ends.
pub(crate) struct Hostile<G> {
    grant: Arc<Mutex<G>>,
    asked: Arc<AtomicUsize>,
}

impl<G: Clone + Send + 'static> Hostile<G> {
    /// From now on it grants this.
    pub(crate) fn grant(&self, grant: G) {
        *self.grant.lock().unwrap() = grant;
        self.asked.store(0, Ordering::SeqCst);
    }

    /// How many times this was granted.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn start(first: G, socket: UdpSocket, answer: Answer<G>, to: Option<SocketAddr>) -> Self {
        let (grant, asked) = (Arc::new(Mutex::new(first)), Arc::new(AtomicUsize::new(0)));
        let (known, counted) = (Arc::clone(&grant), Arc::clone(&asked));
        std::thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let grant = known.lock().unwrap().clone();
                let Some((reply, granted)) = answer(&buffer[..length], &grant) else { continue };
                socket.send_to(&reply, to.unwrap_or(from)).unwrap();
                counted.fetch_add(usize::from(granted), Ordering::SeqCst);
            }
        });
        Self { grant, asked }
    }
}

fn bound(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).unwrap();
    setsockopt(&socket, sockopt::BindToDevice, &OsString::from("eth0-peer")).unwrap();
    socket
}

impl Hostile<Grant> {
    pub(crate) fn v4() -> Self {
        let socket = bound("0.0.0.0:67");
        socket.set_broadcast(true).unwrap();
        let everybody = "255.255.255.255:68".parse().unwrap();
        Self::start((Ipv4Addr::UNSPECIFIED, Vec::new()), socket, answer4, Some(everybody))
    }
}

/// An offer to a discovery, an acknowledgement to a request.
fn answer4(request: &[u8], (address, options): &Grant) -> Option<(Vec<u8>, bool)> {
    let mut rest = request.get(240..)?;
    let mut kind = None;
    while let [code, length, tail @ ..] = rest {
        if *code == 53 {
            kind = tail.first().copied();
        }
        rest = tail.get(usize::from(*length)..).unwrap_or_default();
    }
    let kind: u8 = match kind? {
        1 => 2,
        3 => 5,
        _ => return None,
    };
    let mut reply = request.get(..240)?.to_vec();
    reply[0] = 2;
    reply[16..20].copy_from_slice(&address.octets());
    reply.extend([53, 1, kind]);
    for (code, content) in options {
        reply.extend([*code, content.len() as u8]);
        reply.extend(content);
    }
    reply.push(255);
    Some((reply, kind == 5))
}

impl Hostile<Grant6> {
    pub(crate) fn v6() -> Self {
        let socket = bound("[::]:547");
        let index = super::ip("-o link show eth0-peer").split(':').next().unwrap().parse().unwrap();
        socket.join_multicast_v6(&"ff02::1:2".parse().unwrap(), index).unwrap();
        Self::start((Ipv6Addr::UNSPECIFIED, [0; 4]), socket, answer6, None)
    }
}

/// An advertisement to a solicitation, a reply to a request.
fn answer6(request: &[u8], (address, [preferred, valid, t1, t2]): &Grant6) -> Option<(Vec<u8>, bool)> {
    let kind = match request.first()? {
        1 => 2,
        3 | 5 | 6 => 7,
        _ => return None,
    };
    let mut reply = [&[kind], request.get(1..4)?].concat();
    let mut rest = request.get(4..)?;
    let mut option = |code: u8, content: &[u8]| {
        reply.extend([0, code, 0, content.len() as u8]);
        reply.extend(content);
    };
    while let [0, code, 0, length, tail @ ..] = rest {
        let (content, tail) = tail.split_at_checked(usize::from(*length))?;
        match code {
            1 => option(1, content),
            3 => {
                let address = [&address.octets()[..], &preferred.to_be_bytes(), &valid.to_be_bytes()].concat();
                let times = [&content[..4], &t1.to_be_bytes(), &t2.to_be_bytes(), &[0, 5, 0, 24], &address].concat();
                option(3, &times);
            }
            _ => {}
        }
        rest = tail;
    }
    option(2, &[0, 3, 0, 1, 2, 0, 0, 0, 0, 9]);
    Some((reply, kind == 7))
}

/// Waits until `true`, for a few seconds at most.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..200 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what}: not within 5 s");
}

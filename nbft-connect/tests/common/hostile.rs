//! Fake DHCP servers on the peer of eth0: they say what a test gives them, which no real server would say.

use nix::sys::socket::{setsockopt, sockopt};
use std::ffi::OsString;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a DHCPv4 server grants: an address, and options by code.
pub(crate) type Grant = (Ipv4Addr, Vec<(u8, Vec<u8>)>);

/// What a DHCPv6 server grants: T1 and T2, and addresses, each with its preferred and valid lifetime.
pub(crate) type Grant6 = ([u32; 2], Vec<(Ipv6Addr, [u32; 2])>);

/// A grant of this address with these options in the place of mask, lease time and server; an empty one is left out.
pub(crate) fn grant(address: &str, options: &[(u8, &[u8])]) -> Grant {
    let mut all = vec![(1, vec![255, 255, 255, 0]), (51, vec![0, 0, 14, 16]), (54, vec![192, 0, 2, 1])];
    all.retain(|(code, _)| options.iter().all(|(other, _)| other != code));
    all.extend(options.iter().filter(|(_, content)| !content.is_empty()).map(|(code, bytes)| (*code, bytes.to_vec())));
    (address.parse().unwrap(), all)
}

/// A grant of one address: its preferred and valid lifetime, T1 and T2.
pub(crate) fn grant6(address: &str, [preferred, valid, t1, t2]: [u32; 4]) -> Grant6 {
    ([t1, t2], vec![(address.parse().unwrap(), [preferred, valid])])
}

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
        Self::v4_that(answer4)
    }

    /// One that has forgotten its leases: it answers no request but for its own offer.
    pub(crate) fn v4_without_memory() -> Self {
        Self::v4_that(|request, grant| {
            let asks_it = option4(request, 53) == Some(&[1]) || option4(request, 54).is_some();
            asks_it.then(|| answer4(request, grant))?
        })
    }

    fn v4_that(answer: Answer<Grant>) -> Self {
        let socket = bound("0.0.0.0:67");
        socket.set_broadcast(true).unwrap();
        let everybody = "255.255.255.255:68".parse().unwrap();
        Self::start((Ipv4Addr::UNSPECIFIED, Vec::new()), socket, answer, Some(everybody))
    }
}

/// The content of an option of a DHCPv4 message.
fn option4(message: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = message.get(240..)?;
    while let [code, length, tail @ ..] = rest {
        let content = tail.get(..usize::from(*length))?;
        if *code == wanted {
            return Some(content);
        }
        rest = &tail[content.len()..];
    }
    None
}

/// An offer to a discovery, an acknowledgement to a request.
fn answer4(request: &[u8], (address, options): &Grant) -> Option<(Vec<u8>, bool)> {
    let kind: u8 = match option4(request, 53)? {
        [1] => 2,
        [3] => 5,
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
        Self::start(([0; 2], Vec::new()), socket, answer6, None)
    }
}

/// An advertisement to a solicitation, a reply to a request.
fn answer6(request: &[u8], ([t1, t2], addresses): &Grant6) -> Option<(Vec<u8>, bool)> {
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
                let mut association = [&content[..4], &t1.to_be_bytes(), &t2.to_be_bytes()].concat();
                for (address, [preferred, valid]) in addresses {
                    association.extend([0, 5, 0, 24]);
                    association.extend(address.octets());
                    association.extend([preferred.to_be_bytes(), valid.to_be_bytes()].concat());
                }
                option(3, &association);
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

//! The other end of a wire: a target in a network namespace of its own, which one thread of the test enters.

use super::ip;
use nix::sched::{CloneFlags, unshare};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;

/// What listens there.
#[derive(Clone, Copy)]
pub(crate) enum Serve {
    /// Nothing.
    Nothing,
    /// A controller that answers ICReq.
    Controller(&'static str),
    /// Takes connections and says nothing.
    Silent(&'static str),
    /// Closes a connection as soon as it is asked something.
    Closes(&'static str),
    /// Answers, but not in NVMe/TCP.
    Web(&'static str),
}

impl Serve {
    fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Nothing => None,
            Self::Controller(at) | Self::Silent(at) | Self::Closes(at) | Self::Web(at) => Some(at.parse().unwrap()),
        }
    }
}

/// Moves the peer of `nic` into a namespace of its own, gives it these addresses, and serves there until the test ends.
/// Returns when connections are taken.
pub(crate) fn far(nic: &str, addresses: &'static [&'static str], serve: Serve) {
    far_with(nic, addresses, move |ready| {
        let listener = serve.address().map(|address| TcpListener::bind(address).unwrap());
        ready();
        if let Some(listener) = listener {
            answer(&listener, serve);
        }
    });
}

/// As [`far`], with anybody there, who says when he is ready.
pub(crate) fn far_with(nic: &str, addresses: &'static [&'static str], there: impl FnOnce(&dyn Fn()) + Send + 'static) {
    let (tell_thread, thread) = channel();
    let (tell_moved, moved) = channel();
    let (tell_ready, ready) = channel();
    let peer = format!("{nic}-peer");
    let link = peer.clone();
    std::thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        tell_thread.send(nix::unistd::gettid()).unwrap();
        moved.recv().unwrap();
        // A program that a thread starts is in the thread's namespace.
        for address in addresses {
            ip(&format!("address add {address} dev {link}"));
        }
        ip(&format!("link set {link} up"));
        there(&|| tell_ready.send(()).unwrap());
        // The namespace lives as long as the thread.
        std::thread::sleep(std::time::Duration::MAX);
    });
    let thread = thread.recv().unwrap();
    ip(&format!("link set {peer} netns {thread}"));
    tell_moved.send(()).unwrap();
    ready.recv().unwrap();
}

fn answer(listener: &TcpListener, serve: Serve) {
    let mut kept = Vec::new();
    while let Ok((mut stream, _)) = listener.accept() {
        let mut request = [0; 128];
        if matches!(serve, Serve::Silent(_)) {
            kept.push(stream);
            continue;
        }
        if stream.read_exact(&mut request).is_err() {
            continue;
        }
        match serve {
            Serve::Controller(_) => {
                request[0] = 1;
                // MAXH2CDATA.
                request[14] = 2;
                let _ = stream.write_all(&request);
            }
            Serve::Web(_) => drop(stream.write_all(&[b'H'; 128])),
            _ => {}
        }
    }
}

//! Asks the kernel for its sockets.

use super::inet_diag::{AF_INET, AF_INET6, Connection, request};
use super::message::{read, tls_socket};
use super::{SocketsError, TlsSocket, TlsSockets};
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};

/// The longest datagram from the kernel, in bytes. A list's datagrams have at most 32 KiB.
const MAX_DATAGRAM: usize = 64 << 10;

/// The kernel itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kernel;

impl TlsSockets for Kernel {
    fn list(&self) -> Result<Vec<TlsSocket>, SocketsError> {
        let mut found = Vec::new();
        for connection in established()? {
            found.extend(tls_socket(&connection)?);
        }
        Ok(found)
    }
}

/// This machine's addresses of all established TCP connections, encrypted or not.
///
/// # Errors
///
/// [`SocketsError`].
pub(crate) fn local_addresses() -> Result<Vec<IpAddr>, SocketsError> {
    let address = |connection: Connection| connection.local.ip().to_canonical();
    Ok(established()?.into_iter().map(address).collect())
}

/// All established TCP connections of this network namespace.
fn established() -> Result<Vec<Connection>, SocketsError> {
    let socket = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkSockDiag)
        .map_err(io::Error::from)?;
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        list_family(&socket, family, &mut found)?;
    }
    Ok(found)
}

/// Lists the connections of one family. The kernel answers from memory, so this does not wait.
fn list_family(socket: &OwnedFd, family: u8, found: &mut Vec<Connection>) -> Result<(), SocketsError> {
    let kernel = NetlinkAddr::new(0, 0);
    sendto(socket.as_raw_fd(), &request(family), &kernel, MsgFlags::empty()).map_err(io::Error::from)?;
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        let length = match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(length) => length,
            Err(nix::errno::Errno::EINTR) => continue,
            Err(error) => return Err(io::Error::from(error).into()),
        };
        if read(&buffer[..length], |connection| found.push(connection))? {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::sock_diag::Suite;
    use nix::sys::socket::setsockopt;
    use nix::sys::socket::sockopt::{TcpTlsRx, TcpTlsTx, TcpUlp, TlsCryptoInfo};
    use std::net::{SocketAddr, TcpListener, TcpStream};

    /// Both ends of a connection on loopback.
    fn pair(address: &str) -> [TcpStream; 2] {
        let listener = TcpListener::bind(address).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        [client, listener.accept().unwrap().0]
    }

    fn ends(stream: &TcpStream) -> (SocketAddr, SocketAddr) {
        (stream.local_addr().unwrap(), stream.peer_addr().unwrap())
    }

    #[test]
    fn connections_are_listed_with_their_addresses() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let [client, server] = pair(address);
            let found: Vec<_> =
                established().unwrap().into_iter().map(|connection| (connection.local, connection.peer)).collect();
            for end in [&client, &server] {
                assert_eq!(found.iter().filter(|found| **found == ends(end)).count(), 1, "{address}");
            }
            // They are in plaintext.
            let listed = Kernel.list().unwrap();
            assert!(listed.iter().all(|socket| socket.local != ends(&client).0), "{listed:?}");
        }
    }

    /// A test key for a cipher.
    fn crypto(version: u16, cipher: u16) -> TlsCryptoInfo {
        let info = libc::tls_crypto_info { version, cipher_type: cipher };
        let (iv, salt, rec_seq) = ([1; 8], [2; 4], [0; 8]);
        match cipher {
            libc::TLS_CIPHER_AES_GCM_128 => {
                TlsCryptoInfo::Aes128Gcm(libc::tls12_crypto_info_aes_gcm_128 { info, iv, key: [3; 16], salt, rec_seq })
            }
            libc::TLS_CIPHER_AES_GCM_256 => {
                TlsCryptoInfo::Aes256Gcm(libc::tls12_crypto_info_aes_gcm_256 { info, iv, key: [3; 32], salt, rec_seq })
            }
            _ => TlsCryptoInfo::Chacha20Poly1305(libc::tls12_crypto_info_chacha20_poly1305 {
                info,
                iv: [1; 12],
                key: [3; 32],
                salt: [],
                rec_seq,
            }),
        }
    }

    #[test]
    #[ignore = "needs root, and a kernel with TLS for sockets"]
    fn the_kernel_names_version_and_cipher() {
        let ciphers = [libc::TLS_CIPHER_AES_GCM_128, libc::TLS_CIPHER_AES_GCM_256, libc::TLS_CIPHER_CHACHA20_POLY1305];
        let suites = ciphers.map(|cipher| Suite { version: libc::TLS_1_3_VERSION, cipher });
        for expected in suites.into_iter().chain([Suite { version: 0x303, cipher: libc::TLS_CIPHER_AES_GCM_128 }]) {
            let [client, _server] = pair("127.0.0.1:0");
            setsockopt(&client, TcpUlp::default(), b"tls").unwrap();
            let find =
                || Kernel.list().unwrap().into_iter().find(|socket| (socket.local, socket.peer) == ends(&client));
            assert_eq!(find(), None);
            let keys = crypto(expected.version, expected.cipher);
            setsockopt(&client, TcpTlsTx, &keys).unwrap();
            // It sends, but does not yet receive.
            assert_eq!(find(), None);
            setsockopt(&client, TcpTlsRx, &keys).unwrap();
            assert_eq!(find().map(|socket| socket.suite), Some(expected));
        }
    }
}

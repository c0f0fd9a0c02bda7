//! Messages of sock_diag.

use super::inet_diag::Connection;
use super::{SocketsError, Suite, TlsSocket};
use netlink_packet_core::{DecodeError, NetlinkMessage, NetlinkPayload, NlasIterator, parse_u16};

/// What a protocol above TCP says of a socket (linux/inet_diag.h).
const ULP_INFO: u16 = 19;

/// In that: what TLS says of it.
const ULP_INFO_TLS: u16 = 2;

/// Takes the messages of a datagram apart, and gives each connection to `found`. Whether it was the last datagram.
///
/// # Errors
///
/// When the kernel reports an error, or what it sends cannot be read.
pub(super) fn read(mut datagram: &[u8], mut found: impl FnMut(Connection)) -> Result<bool, SocketsError> {
    let refused = |code: i32| Err(std::io::Error::from_raw_os_error(code.saturating_neg()).into());
    while !datagram.is_empty() {
        let message = NetlinkMessage::<Connection>::deserialize(datagram)?;
        match message.payload {
            NetlinkPayload::InnerMessage(connection) => found(connection),
            // What cuts a list short comes with its end.
            NetlinkPayload::Done(done) if done.code < 0 => return refused(done.code),
            NetlinkPayload::Done(_) => return Ok(true),
            NetlinkPayload::Error(error) if error.raw_code() != 0 => return refused(error.raw_code()),
            NetlinkPayload::Overrun(_) => return refused(-libc::ENOBUFS),
            _ => {}
        }
        // Messages begin at multiples of four.
        let length = (message.header.length as usize).next_multiple_of(4);
        datagram = datagram.get(length..).unwrap_or_default();
    }
    Ok(false)
}

/// The connection, if it is encrypted in both directions.
///
/// # Errors
///
/// When what TLS says of it cannot be read.
pub(super) fn tls_socket(connection: &Connection) -> Result<Option<TlsSocket>, DecodeError> {
    let Some(suite) = suite(connection)? else { return Ok(None) };
    let Connection { cookie, local, peer, .. } = *connection;
    Ok(Some(TlsSocket { cookie, local, peer, suite }))
}

fn suite(connection: &Connection) -> Result<Option<Suite>, DecodeError> {
    let Some(ulp) = nested(&connection.attributes, ULP_INFO)? else { return Ok(None) };
    let Some(tls) = nested(&ulp, ULP_INFO_TLS)? else { return Ok(None) };
    let number = |kind| nested(&tls, kind as u16)?.as_deref().map(parse_u16).transpose();
    let (version, cipher) = (number(libc::TLS_INFO_VERSION)?, number(libc::TLS_INFO_CIPHER)?);
    let directions = [number(libc::TLS_INFO_TXCONF)?, number(libc::TLS_INFO_RXCONF)?];
    // A direction is in plain text until its key is set, by software or hardware.
    let encrypted = |direction: &Option<u16>| direction.is_some_and(|how| i32::from(how) > libc::TLS_CONF_BASE);
    Ok(match (version, cipher) {
        (Some(version), Some(cipher)) if directions.iter().all(encrypted) => Some(Suite { version, cipher }),
        _ => None,
    })
}

/// The value of the attribute of this kind among others.
fn nested(attributes: &[u8], kind: u16) -> Result<Option<Vec<u8>>, DecodeError> {
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        if attribute.kind() == kind {
            return Ok(Some(attribute.value().to_vec()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::sock_diag::inet_diag::{AF_INET, request};
    use netlink_packet_core::{DefaultNla, DoneMessage, Emitable, NetlinkHeader, NetlinkSerializable};

    /// An attribute as the kernel writes it.
    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let attribute = DefaultNla::new(kind, value.to_vec());
        let mut bytes = vec![0; attribute.buffer_len()];
        attribute.emit(&mut bytes);
        bytes
    }

    /// What Linux 6.12 says of a connection with TLS: name, version, cipher, how it sends and receives, and what is of no use here.
    fn ulp(version: Option<u16>, cipher: u16, directions: [u16; 2]) -> Vec<u8> {
        let version =
            version.map(|version| [attribute(1, &version.to_ne_bytes()), attribute(2, &cipher.to_ne_bytes())]);
        let [send, receive] = directions.map(u16::to_ne_bytes);
        let rest = [attribute(3, &send), attribute(4, &receive), attribute(6, &[])];
        let tls = version.iter().flatten().chain(&rest).flatten().copied().collect::<Vec<_>>();
        [attribute(1, b"tls\0"), attribute(2, &tls)].concat()
    }

    fn response(ulp: Option<Vec<u8>>) -> Connection {
        // INET_DIAG_SHUTDOWN and INET_DIAG_PROTOCOL.
        let others = [attribute(8, &[0]), attribute(10, &[6])];
        let ulp = ulp.map(|ulp| attribute(ULP_INFO, &ulp));
        Connection {
            cookie: [1, 2, 3, 4, 5, 6, 7, 8],
            local: "192.0.2.17:40000".parse().unwrap(),
            peer: "192.0.2.1:4420".parse().unwrap(),
            attributes: others.into_iter().chain(ulp).flatten().collect(),
        }
    }

    /// Something to send is never a connection.
    impl NetlinkSerializable for Connection {
        fn message_type(&self) -> u16 {
            unreachable!()
        }

        fn buffer_len(&self) -> usize {
            unreachable!()
        }

        fn serialize(&self, _: &mut [u8]) {
            unreachable!()
        }
    }

    fn bytes(mut message: NetlinkMessage<Connection>) -> Vec<u8> {
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes
    }

    fn answer(response: Connection) -> Vec<u8> {
        response.message()
    }

    fn done(code: i32) -> Vec<u8> {
        let mut done = DoneMessage::default();
        done.code = code;
        bytes(NetlinkMessage::new(NetlinkHeader::default(), NetlinkPayload::Done(done)))
    }

    /// The TLS connections of a datagram, and whether it was the last.
    fn list(datagram: &[u8]) -> Result<(Vec<TlsSocket>, bool), SocketsError> {
        let mut responses = Vec::new();
        let last = read(datagram, |response| responses.push(response))?;
        let sockets = responses.iter().map(tls_socket).collect::<Result<Vec<_>, _>>()?;
        Ok((sockets.into_iter().flatten().collect(), last))
    }

    #[test]
    fn connections_with_tls_are_found_among_others() {
        let tls = response(Some(ulp(Some(0x304), 54, [2, 3])));
        let datagram = [answer(response(None)), answer(tls.clone()), done(0)].concat();
        let expected = TlsSocket {
            cookie: [1, 2, 3, 4, 5, 6, 7, 8],
            local: "192.0.2.17:40000".parse().unwrap(),
            peer: "192.0.2.1:4420".parse().unwrap(),
            suite: Suite { version: 0x304, cipher: 54 },
        };
        assert_eq!(list(&datagram).unwrap(), (vec![expected], true));
        assert_eq!(list(&answer(response(None))).unwrap(), (vec![], false));
        assert_eq!(list(&[]).unwrap(), (vec![], false));
    }

    #[test]
    fn what_is_not_encrypted_in_both_directions_is_left_out() {
        let another = [attribute(1, b"mptcp\0"), attribute(3, &[0; 4])].concat();
        let half =
            [ulp(Some(0x304), 51, [1, 2]), ulp(Some(0x304), 51, [2, 1]), ulp(None, 0, [1, 1]), another, Vec::new()];
        for ulp in half {
            assert_eq!(tls_socket(&response(Some(ulp.clone()))).unwrap(), None, "{ulp:?}");
        }
    }

    #[test]
    fn what_the_kernel_refuses_is_an_error() {
        let errno = |datagram: &[u8]| match list(datagram) {
            Err(SocketsError::Refused(errno)) => Some(errno),
            other => panic!("{other:?}"),
        };
        assert_eq!(errno(&done(-libc::ENOENT)), Some(libc::ENOENT));
        let mut error = netlink_packet_core::ErrorMessage::default();
        error.code = std::num::NonZeroI32::new(-libc::EPERM);
        error.header = vec![0; 16];
        let error = NetlinkMessage::new(NetlinkHeader::default(), NetlinkPayload::Error(error));
        assert_eq!(errno(&bytes(error)), Some(libc::EPERM));
        assert_eq!(errno(&done(i32::MIN)), Some(i32::MAX));
    }

    #[test]
    fn what_is_malformed_is_refused_wherever_it_is_cut() {
        let whole = answer(response(Some(ulp(Some(0x304), 51, [2, 2]))));
        assert_eq!(list(&whole).unwrap().0.len(), 1);
        for length in 1..whole.len() {
            assert!(list(&whole[..length]).is_err(), "{length}");
        }
        let ulp = ulp(Some(0x304), 51, [2, 2]);
        for length in 0..ulp.len() {
            // Never a suite that is not said of both directions; the last attribute is of no use.
            if let Ok(Some(socket)) = tls_socket(&response(Some(ulp[..length].to_vec()))) {
                panic!("{length}: {socket:?}");
            }
        }
        // A number of three bytes, and lengths that lie.
        for (at, value) in [(12, 7), (12, 3), (8, 3), (0, 255)] {
            let mut lies = ulp.clone();
            lies[at] = value;
            assert!(tls_socket(&response(Some(lies))).is_err(), "{at} {value}");
        }
        let mut lies = whole.clone();
        lies[..4].copy_from_slice(&4_u32.to_ne_bytes());
        assert!(list(&lies).is_err());
    }

    #[test]
    fn established_connections_are_asked_for() {
        let header = [&72_u32.to_ne_bytes()[..], &20_u16.to_ne_bytes(), &0x301_u16.to_ne_bytes(), &[0; 8]].concat();
        // Family, protocol, extensions, states by their bits, and of what socket: any.
        let any = [&[libc::AF_INET as u8, 6, 1 << 1, 0][..], &2_u32.to_ne_bytes(), &[0; 48]].concat();
        assert_eq!(request(AF_INET), [header, any].concat());
    }
}

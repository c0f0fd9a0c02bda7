//! Occupies controller IDs of a subsystem from user space, so that the kernel's next controller gets a free one.
//!
//! Linux refuses a second controller with the ID (CNTLID) of one that it keeps, even if that one has lost its target. Linux' own target
//! gives each new controller the lowest free ID: after a move, the new one gets the ID of the old one, every time. A controller held from
//! user space occupies that ID meanwhile, and the kernel's gets the next. NVM Express over TCP Transport Specification, 3.6 (PDUs); NVM
//! Express over Fabrics, Connect command.

use super::probe::Probe;
use libnbft::model::Uuid;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long connecting the held controllers may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How many controllers are held at most.
const MAX_HELD: usize = 16;

const PDU_COMMAND: u8 = 4;
const PDU_RESPONSE: u8 = 5;
/// A command capsule: PDU header and submission queue entry.
const COMMAND_LEN: usize = 8 + 64;
/// A response capsule: PDU header and completion queue entry.
const RESPONSE_LEN: usize = 8 + 16;
/// The data of the Connect command.
const CONNECT_DATA_LEN: usize = 1024;
const NQN_LEN: usize = 256;

/// A subsystem port at which controllers are to be held.
#[derive(Debug, Clone)]
pub struct Hold {
    /// The way to the port.
    pub probe: Probe,
    /// Subsystem NQN.
    pub nqn: String,
    /// Host NQN.
    pub hostnqn: String,
    /// Host ID.
    pub hostid: Uuid,
    /// The IDs that the kernel's next controller must not get.
    pub taken: Vec<u16>,
}

/// Controllers that exist until this is dropped.
#[derive(Debug)]
pub struct Held(Vec<TcpStream>);

impl Held {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Hold {
    /// Connects controllers until one gets a free ID, and releases that one.
    ///
    /// # Errors
    ///
    /// When the target cannot be reached, or refuses.
    pub async fn acquire(&self) -> io::Result<Held> {
        let held = tokio::time::timeout(LIMIT, async {
            let mut held = Vec::new();
            while held.len() < MAX_HELD {
                let (stream, number) = self.connect().await?;
                if !self.taken.contains(&number) {
                    break;
                }
                held.push(stream);
            }
            Ok(Held(held))
        });
        held.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Connects a controller; returns its stream and its ID.
    async fn connect(&self) -> io::Result<(TcpStream, u16)> {
        let mut stream = self.probe.open().await?;
        stream.write_all(&self.command()).await?;
        let mut answer = [0; RESPONSE_LEN];
        stream.read_exact(&mut answer).await?;
        Ok((stream, number(&answer)?))
    }

    /// The Connect command for an admin queue of 32 entries, with its data.
    fn command(&self) -> Vec<u8> {
        let mut pdu = vec![0; COMMAND_LEN + CONNECT_DATA_LEN];
        let length = pdu.len() as u32;
        (pdu[0], pdu[2], pdu[3]) = (PDU_COMMAND, COMMAND_LEN as u8, COMMAND_LEN as u8);
        pdu[4..8].copy_from_slice(&length.to_le_bytes());
        let entry = &mut pdu[8..COMMAND_LEN];
        // Fabrics command, data in the capsule, Connect.
        (entry[0], entry[1], entry[4]) = (0x7f, 0x40, 0x01);
        // A data block descriptor for an offset into the capsule.
        entry[32..36].copy_from_slice(&(CONNECT_DATA_LEN as u32).to_le_bytes());
        entry[39] = 0x01;
        // Entries, less one.
        entry[44] = 31;
        let data = &mut pdu[COMMAND_LEN..];
        data[..16].copy_from_slice(&self.hostid.0);
        // Any controller.
        data[16..18].copy_from_slice(&0xffff_u16.to_le_bytes());
        for (at, nqn) in [(NQN_LEN, &self.nqn), (2 * NQN_LEN, &self.hostnqn)] {
            let length = nqn.len().min(NQN_LEN - 1);
            data[at..at + length].copy_from_slice(&nqn.as_bytes()[..length]);
        }
        pdu
    }
}

/// The controller ID in the answer to Connect.
fn number(answer: &[u8; RESPONSE_LEN]) -> io::Result<u16> {
    let entry = &answer[8..];
    let status = u16::from_le_bytes([entry[14], entry[15]]) >> 1;
    if answer[0] != PDU_RESPONSE || usize::from(answer[4]) != RESPONSE_LEN {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the target does not answer the Connect command"));
    }
    if status != 0 {
        return Err(io::Error::other(format!("the target refuses the Connect command with status {status:#x}")));
    }
    Ok(u16::from_le_bytes([entry[0], entry[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::net::TcpListener;

    /// A target that gives each controller the lowest free ID, as Linux' does.
    async fn target(listener: TcpListener) {
        let mut streams: Vec<Option<TcpStream>> = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut icreq = [0; 128];
            stream.read_exact(&mut icreq).await.unwrap();
            (icreq[0], icreq[14]) = (1, 2);
            stream.write_all(&icreq).await.unwrap();
            let mut command = [0; COMMAND_LEN + CONNECT_DATA_LEN];
            stream.read_exact(&mut command).await.unwrap();
            assert_eq!((command[8], command[12]), (0x7f, 1));
            assert!(command[COMMAND_LEN + NQN_LEN..].starts_with(b"nqn.2014-08.org.example:s\0"));
            let number = streams.iter().position(Option::is_none).unwrap_or(streams.len());
            let mut answer = [0; RESPONSE_LEN];
            (answer[0], answer[2], answer[4]) = (PDU_RESPONSE, RESPONSE_LEN as u8, RESPONSE_LEN as u8);
            answer[8] = number as u8 + 1;
            stream.write_all(&answer).await.unwrap();
            streams.resize_with(streams.len().max(number + 1), || None);
            streams[number] = Some(stream);
        }
    }

    async fn held(taken: &[u16]) -> usize {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = tokio::spawn(target(listener));
        let probe = Probe {
            target: Ipv4Addr::LOCALHOST.into(),
            port,
            source: Some(Ipv4Addr::LOCALHOST.into()),
            interface: ("lo".into(), 1),
            hdr_digest: false,
            data_digest: false,
            tls: false,
        };
        let (nqn, hostnqn) = ("nqn.2014-08.org.example:s".into(), "nqn.2014-08.org.example:host".into());
        let hold = Hold { probe, nqn, hostnqn, hostid: Uuid([0x22; 16]), taken: taken.to_vec() };
        let count = hold.acquire().await.unwrap().count();
        target.abort();
        count
    }

    #[tokio::test(flavor = "current_thread")]
    async fn numbers_that_are_taken_are_held() {
        assert_eq!(held(&[]).await, 0);
        assert_eq!(held(&[1]).await, 1);
        assert_eq!(held(&[2, 1]).await, 2);
        assert_eq!(held(&[2]).await, 0, "the lowest is free");
    }

    #[test]
    fn a_refusal_is_no_number() {
        let mut answer = [0; RESPONSE_LEN];
        (answer[0], answer[4]) = (PDU_RESPONSE, RESPONSE_LEN as u8);
        (answer[8], answer[9]) = (0x34, 0x12);
        assert_eq!(number(&answer).unwrap(), 0x1234);
        answer[22] = 0x04;
        answer[23] = 0x03;
        assert!(number(&answer).unwrap_err().to_string().ends_with("status 0x182"));
        answer[0] = 3;
        assert!(number(&answer).is_err());
    }
}

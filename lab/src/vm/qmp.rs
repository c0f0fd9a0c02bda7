//! Sends commands to QEMU's monitor, one at a time.

use super::Nic;
use crate::tools::error::{Error, Result, VmError};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// A connection to a monitor.
#[derive(Debug)]
pub struct Qmp {
    stream: BufReader<UnixStream>,
}

fn error(step: &'static str, why: impl std::fmt::Display) -> Error {
    VmError::Monitor { step, why: why.to_string() }.into()
}

impl Qmp {
    /// Connects as soon as the socket exists.
    pub fn connect(path: &Path) -> Result<Self> {
        let end = Instant::now() + Duration::from_secs(10);
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(e) if Instant::now() > end => return Err(error("connect", e)),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(|e| error("set up", e))?;
        let mut qmp = Self { stream: BufReader::new(stream) };
        qmp.receive("QMP")?;
        qmp.command("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    fn receive(&mut self, key: &str) -> Result<Value> {
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line).map_err(|e| error("read", e))?;
            if read == 0 {
                return Err(error("read", "closed"));
            }
            let value: Value = serde_json::from_str(&line).map_err(|e| error("read", e))?;
            if let Some(problem) = value.get("error") {
                return Err(error("refused", problem));
            }
            // Events may come before the answer.
            if value.get(key).is_some() {
                return Ok(value);
            }
        }
    }

    fn command(&mut self, name: &str, arguments: Value) -> Result<()> {
        let line = format!("{}\n", json!({ "execute": name, "arguments": arguments }));
        self.stream.get_mut().write_all(line.as_bytes()).map_err(|e| error("write", e))?;
        self.receive("return").map(|_| ())
    }

    /// Takes a NIC's carrier away or gives it back.
    pub fn set_link(&mut self, device: &str, up: bool) -> Result<()> {
        self.command("set_link", json!({ "name": device, "up": up }))
    }

    /// Plugs a NIC in.
    pub fn plug(&mut self, nic: &Nic) -> Result<()> {
        let (id, slot) = (format!("nic-{}", nic.wire), format!("{:#x}", nic.slot));
        let device = json!({ "driver": "virtio-net-pci", "id": id, "netdev": nic.wire, "mac": nic.mac, "addr": slot, "romfile": "" });
        self.command("device_add", device)
    }

    /// Lets a machine run that was started paused.
    pub fn go(&mut self) -> Result<()> {
        self.command("cont", json!({}))
    }
}

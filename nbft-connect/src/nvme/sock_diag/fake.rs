//! Stand-ins for tests: sockets in memory, and a controller that may own them.

use super::{SocketsError, Suite, TlsSocket, TlsSockets};
use std::cell::RefCell;
use std::fs;
use std::path::Path;

/// Sockets in memory; `None`: listing fails.
#[derive(Debug)]
pub(crate) struct InMemory(RefCell<Option<Vec<TlsSocket>>>);

impl Default for InMemory {
    fn default() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }
}

impl InMemory {
    pub(crate) fn set(&self, sockets: Option<Vec<TlsSocket>>) {
        self.0.replace(sockets);
    }

    pub(crate) fn add(&self, socket: TlsSocket) {
        self.0.borrow_mut().as_mut().unwrap().push(socket);
    }
}

impl TlsSockets for InMemory {
    fn list(&self) -> Result<Vec<TlsSocket>, SocketsError> {
        self.0.borrow().clone().ok_or(SocketsError::Refused(libc::ENOENT))
    }
}

/// A TLS 1.3 connection to the controller that [`show`] makes.
pub(crate) fn socket(cookie: u8, port: u16, cipher: u16) -> TlsSocket {
    TlsSocket {
        cookie: [cookie; 8],
        local: ([192, 0, 2, 17], port).into(),
        peer: "192.0.2.1:4420".parse().unwrap(),
        suite: Suite { version: 0x304, cipher },
    }
}

/// Makes a controller in sysfs with this number of queues.
pub(crate) fn show(root: &Path, controller: &str, queues: usize) {
    let directory = root.join("sys/class/nvme").join(controller);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("address"), "traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.17\n").unwrap();
    fs::write(directory.join("queue_count"), format!("{queues}\n")).unwrap();
}

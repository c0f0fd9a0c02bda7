//! Makes the target's archive: an nvmet server, set up as the scenario says.

use crate::image::busybox;
use crate::image::cpio::Cpio;
use crate::image::layers::libraries;
use crate::image::root::live;
use crate::image::tls;
use crate::prepare::kernel::Kernel;
use crate::prepare::need;
use crate::scenario::target::Target;
use crate::tools::error::{At, Result};
use crate::tools::place::{Key, Place};
use std::fs;
use std::path::Path;

// Those with a question mark are built into Linux 7.
const MODULES: [&str; 16] = [
    "virtio_pci",
    "virtio_net",
    "virtio_blk",
    "8021q",
    "bridge",
    "configfs",
    "nvmet",
    "nvmet_tcp",
    "tls",
    "aesni_intel",
    "gcm",
    "ctr",
    "ghash_generic?",
    "chacha20poly1305",
    "chacha_x86_64?",
    "poly1305_x86_64?",
];

/// The Redfish service's certificate and its key, made for this laboratory:
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=bmc.example …`.
const PEM: &str = include_str!("guest/redfish.pem");

const INIT: &str = include_str!("guest/target-init.sh");

/// Writes the archive of a scenario's target: the cached common part, followed by the setup.
pub fn write(place: &Place, kernel: &Kernel, target: &Target, path: &Path) -> Result<()> {
    let key = Key::new().text(INIT).text(&kernel.version).text(include_str!("busybox.rs")).text(&MODULES.join(" "));
    let common = place.cached(&format!("images/target-{}.cpio", key.hex()), |partial| {
        let cpio = busybox::archive(place, kernel, &MODULES, INIT)?;
        fs::write(partial, cpio.finish()).at(partial)
    })?;
    let mut bytes = fs::read(&common).at(&common)?;
    let mut setup = Cpio::new();
    setup.file("lab/setup", 0o755, target.script().as_bytes());
    if !target.dnsmasq.is_empty() {
        program(&mut setup, "lab/dnsmasq", &need("dnsmasq")?)?;
    }
    if target.live {
        setup.above("www/x");
        setup.copy("www/live.squashfs", &live(place)?)?;
    }
    if let Some(service) = &target.redfish {
        program(&mut setup, "lab/openssl", &need("openssl")?)?;
        setup.file("lab/redfish.pem", 0o600, PEM.as_bytes());
        for (path, text) in &service.resources {
            let path = format!("lab/redfish/{path}");
            setup.above(&path);
            setup.file(&path, 0o644, text.as_bytes());
        }
    }
    if target.tls.is_some() {
        tls::add(place, &mut setup)?;
    }
    bytes.extend(setup.finish());
    fs::write(path, bytes).at(path)
}

/// Adds a program of this machine with the libraries that it is linked with.
fn program(cpio: &mut Cpio, name: &str, path: &Path) -> Result<()> {
    cpio.copy(name, path)?;
    for library in libraries(path) {
        let name = library.trim_start_matches('/');
        cpio.above(name);
        cpio.copy(name, Path::new(&library))?;
    }
    Ok(())
}

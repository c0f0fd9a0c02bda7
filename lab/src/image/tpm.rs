//! Seals credentials by a TPM in advance: only a machine with this TPM can read them.

use crate::prepare::apt::View;
use crate::prepare::chroot::{Debian, chroot, forget, inside};
use crate::scenario::Extra;
use crate::tools::error::{At, Result};
use crate::tools::place::{Key, Place, remove, suffixed};
use crate::vm::tpm::{STATE, swtpm};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The packages by which systemd uses a TPM; Debian's folder has none of them.
const PACKAGES: [&str; 7] = [
    "libtss2-esys-3.0.2-0t64",
    "libtss2-mu-4.0.1-0t64",
    "libtss2-rc0t64",
    "libtss2-sys1t64",
    "libtss2-tcti-device0t64",
    "libtss2-tcti-swtpm0t64",
    "libtss2-tctildr0t64",
];

/// The line of dracut.conf that adds their libraries to the initramfs.
pub const DRACUT_CONF: &str = "install_items+=\" $(echo /usr/lib/x86_64-linux-gnu/libtss2-*.so.*) \"\n";

/// The packages, unpacked, to lay over a Debian folder.
pub fn packages(place: &Place) -> Result<PathBuf> {
    place.cached("tpm-packages", |partial| {
        let view = View::suite(place, Debian::Trixie.suite())?;
        PACKAGES.iter().try_for_each(|name| view.unpack(name, partial))
    })
}

/// Makes a folder with credentials sealed by a TPM, one file each, and that TPM's state.
pub fn sealed(place: &Place, credentials: &BTreeMap<String, String>) -> Result<PathBuf> {
    let mut key = Key::new().text("sealed 1");
    for (name, value) in credentials {
        key = key.text(name).text(value);
    }
    let folder = chroot(place, Debian::Trixie)?;
    let packages = packages(place)?;
    place.cached(&format!("images/tpm-{}", key.hex()), |partial| {
        println!("sealing credentials by a TPM");
        let state = partial.join(STATE);
        fs::create_dir_all(&state).at(&state)?;
        let socket = partial.join("sock");
        let data = format!("type=unixio,path={}", socket.display());
        let mut tpm =
            swtpm(&state, &suffixed(&socket, ".ctrl"), &["--server", &data, "--flags", "not-need-init,startup-clear"])?;
        let mut script = String::from("set -e; cp -a /lab-packages/. /; cd /lab-out\n");
        for (name, value) in credentials {
            // Sealed to no PCR: the scenarios do not test measured boot.
            script.push_str(&format!(
                "printf %s '{value}' | systemd-creds encrypt --name={name} --with-key=tpm2 --tpm2-pcrs= \
                 --tpm2-device=swtpm:path=/lab-out/sock - '{name}'\n"
            ));
        }
        let upper = suffixed(partial, ".upper");
        let binds = [(partial, "/lab-out"), (packages.as_path(), "/lab-packages")];
        let sealed = inside(&folder, &upper, &binds, &script)?.output();
        let _ = tpm.kill();
        let _ = tpm.wait();
        sealed?;
        for name in ["sock", "sock.ctrl"] {
            remove(&partial.join(name))?;
        }
        forget(&upper)
    })
}

/// The sealed credentials as files of the initramfs, where systemd looks for them.
pub fn credentials(sealed: &Path, names: &BTreeMap<String, String>) -> Result<Vec<Extra>> {
    let file = |name: &String| {
        let path = sealed.join(name);
        let text = fs::read_to_string(&path).at(&path)?;
        Ok(Extra { path: format!("etc/credstore.encrypted/{name}"), text, mode: 0o600 })
    };
    names.keys().map(file).collect()
}

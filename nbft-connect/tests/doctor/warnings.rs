//! Tests the warnings about the whole machine.

use crate::common::in_namespace;
use crate::support::{NID, hfi, ssns, table};
use crate::system::half_up;

#[test]
fn warnings_on_the_machine() {
    in_namespace("warnings::warnings_on_the_machine", || {
        let root = half_up("warnings", &table());
        root.write("proc/cmdline", b"root=UUID=1 rd.nvmf.nonbft\n");
        root.write("etc/nvme/hostnqn", b"nqn.2014-08.org.example:another\n");
        root.write("etc/nvme/hostid", b"22222222-2222-2222-2222-222222222222\n");
        std::fs::remove_file(root.0.join("dev/nvme-fabrics")).unwrap();
        let warnings = || {
            let (code, text) = root.doctor("");
            assert_eq!(code, 0, "{text}");
            let parts: Vec<_> = text.split("\n\n").map(str::to_owned).collect();
            parts.into_iter().filter(|part| part.starts_with("warning: ")).collect::<Vec<_>>()
        };
        let off = "warning: rd.nvmf.nonbft is on the kernel's command line: nbft connects nothing.\n  \
                   do:       Take it off the command line to boot by the NBFT.";
        let pair = "warning: /etc/nvme/hostnqn holds nqn.2014-08.org.example:another, the NBFT \
                    nqn.2014-08.org.example:host: connections made by the one pair may be refused beside those made by the \
                    other.\n  \
                    do:       Give /etc/nvme the NBFT's pair, or none: nbft leaves it in /run/nbft/hostnqn and \
                    /run/nbft/hostid.";
        let device = "warning: The NVMe/TCP driver is loaded, but there is no /dev/nvme-fabrics.\n  \
                      do:       Load nvme-fabrics (modprobe nvme-fabrics) and check that /dev is a devtmpfs.";
        assert_eq!(warnings(), [off, device, pair]);

        root.remove("sys/module/nvme_tcp");
        root.remove("etc");
        let unloaded = "warning: The kernel module nvme-tcp is not loaded.\n  \
                        do:       Load it (modprobe nvme-tcp), as nbft connect does; if that fails, dmesg says why.";
        assert_eq!(warnings(), [off, unloaded]);
        root.write("proc/sys/kernel/osrelease", b"6.12.1\n");
        root.write("proc/cmdline", b"quiet\n");
        let none = "warning: The kernel module nvme-tcp is not loaded, and there is none under /lib/modules for this \
                    kernel.\n  \
                    do:       Make the initramfs anew for this kernel (dracut --force --add nbft), or install the package \
                    that has the module.";
        assert_eq!(warnings(), [none]);
        // An image of initramfs-tools has no dracut to run.
        root.write("scripts/init-top/udev", b"");
        let other = none.replace("dracut --force --add nbft", "package nbft-initramfs-tools, then update-initramfs -u");
        assert_eq!(warnings(), [other.as_str()]);
        root.remove("scripts");
        root.write("lib/modules/6.12.1/modules.dep", b"kernel/drivers/nvme/host/nvme-tcp.ko.xz: kernel/x.ko\n");
        assert_eq!(warnings(), [unloaded]);
    });
}

#[test]
fn several_paths_without_multipath() {
    in_namespace("warnings::several_paths_without_multipath", || {
        let mut table = table();
        table.hfis.push(hfi(2, 2, "198.51.100.2"));
        table.ssns.push(ssns(2, "198.51.100.1", 2));
        let root = half_up("multipath", &table);
        root.write("sys/module/nvme_core/parameters/multipath", b"N\n");
        let warning = format!(
            "warning: nvme_core.multipath is off: each of the 2 paths to uuid {NID} is a disk of its own, and what is mounted \
             from one does not move to another.\n  \
             do:       Leave out nvme_core.multipath=N, unless dm-multipath is meant."
        );
        assert_eq!(root.doctor("").1.split("\n\n").nth(1), Some(warning.as_str()));
        root.write("sys/module/nvme_core/parameters/multipath", b"Y\n");
        root.write("proc/cmdline", b"nvme_core.multipath=N\n");
        assert!(!root.doctor("").1.contains("multipath"));
    });
}

#[test]
fn another_program_that_connects_the_same_paths() {
    in_namespace("warnings::another_program_that_connects_the_same_paths", || {
        let root = half_up("discoverd", &table());
        root.write("proc/77/comm", b"nvme-discoverd\n");
        let warning = "warning: nvme-discoverd connects the NBFT's paths too, and may connect one twice.\n  \
                       do:       Set nbft=false in the section [Global] of /etc/nvme/nvme-discoverd.conf.";
        assert_eq!(root.doctor("").1.split("\n\n").nth(1), Some(warning));
        root.write("etc/nvme/nvme-discoverd.conf", b"[Global]\nnbft=false\n");
        assert!(!root.doctor("").1.contains("warning"));
    });
}

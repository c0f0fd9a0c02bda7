//! `nbft help`: a command's options, or a short text on a topic.

use crate::cli::{Cli, HelpArgs, Topic};
use crate::error::{Error, UsageError};
use crate::exit::Exit;
use crate::output::{self, Text, print};
use clap::ValueEnum;

/// Runs the command.
///
/// # Errors
///
/// When there is no such command or topic, or standard output cannot be written.
pub fn run(args: &HelpArgs) -> Result<Exit, Error> {
    let screen = output::screen();
    let mut cli = output::for_screen::<Cli>(screen);
    cli.build();
    let about = args.about.as_deref();
    let command = match about {
        None => Some(&mut cli),
        Some(name) => cli.find_subcommand_mut(name),
    };
    if let Some(command) = command {
        print(&Text::from_lines(&command.render_long_help().to_string()))?;
        return Ok(Exit::Ok);
    }
    let about = about.unwrap_or_default();
    let topic = Topic::from_str(about, true).map_err(|_| UsageError::NoTopic(about.to_owned()))?;
    print(&Text::from_lines_wrapped(text(topic), screen))?;
    Ok(Exit::Ok)
}

const fn text(topic: Topic) -> &'static str {
    match topic {
        Topic::Boot => {
            "\
How a diskless machine boots

  1. UEFI firmware connects an NVMe/TCP subsystem and loads kernel and initramfs
     from it. It leaves ACPI tables, the NBFT:      nbft show, nbft check
  2. nbft plans interfaces and paths from them:     nbft plan
  3. In the initramfs, nbft connect sets up the network and connects all paths
     at once. The boot goes on when each boot namespace is there by one path.
  4. The result of each interface and path:         nbft status
  5. In the running system, nbft-stay.service connects what is missing, connects
     again what the kernel gave up, and renews leases.

When it does not boot
  The emergency shell shows nbft doctor: the first step that fails on each
  path, and what to do. rd.nvmf.nonbft on the kernel's command line leaves the
  NBFT alone; rd.nvmf.timeout=SECONDS is the budget of nbft connect.

Read on: man 7 nbft, man nbft-cmdline, nbft help network
"
        }
        Topic::Network => {
            "\
Network

  Interfaces are found by PCI address and MAC address, and named nbft0, nbft1
  and so on in the order of the tables, their VLANs nbft0.10. rd.nvmf.names=pci
  or kernel names them otherwise.
  An address is set as firmware had it: static, by DHCP with firmware's client
  ID, or by router advertisement. Each HFI has a routing table of its own.
  rd.nvmf.mtu=BYTES sets the MTU of all of them.

  The running system's network manager must not take them down: nbft connect
  writes files that make systemd-networkd renew the leases and others leave the
  interfaces alone (nbft connect --handover). nbft export has the network in the
  words of udev, systemd-networkd, NetworkManager, wicked and dracut.

Read on: man nbft-network, man nbft-bond, man nbft-export, nbft plan
"
        }
        Topic::Security => {
            "\
Security

  A table's security profile may ask for in-band authentication (DH-HMAC-CHAP)
  and for a secure channel (TLS 1.3). If a requirement cannot be met, nbft
  refuses to connect. It never falls back to plaintext.

  Secrets lie in /etc/nbft/keys, in systemd credentials, or in a Redfish service
  that nbft-redfish asks. Only root may read them:  nbft check
  Whether a key is well-formed, without printing it: nbft check-key FILE
  What each path must have, and has:                nbft plan, nbft status

Read on: man nbft-security, man nbft-keys, man nbft-redfish
"
        }
        Topic::Files => {
            "\
Files

  /sys/firmware/acpi/tables/NBFT*  the tables
  /etc/nbft/connect.conf           queues and timeouts of connections
  /etc/nbft/keys                   secrets and PSKs
  /etc/nbft/redfish                how to reach a Redfish service
  /etc/nvme/exclusions.conf        what is not connected (nbft disconnect)
  /run/nbft/status.json            what came of nbft connect (nbft status)
  /run/nbft/hostnqn, hostid        the host's identity in use

Read on: man 5 nbft-connect.conf, man 7 nbft (FILES)
"
        }
        Topic::ExitCodes => {
            "\
Exit statuses

  0  All is well. connect, status: each boot namespace is there.
  1  It failed. check: there are errors. connect: a boot namespace is missing.
  2  The command line is wrong.
  3  There is no NBFT, or nothing in it to connect.
  4  connect, status, doctor: each boot namespace is there, but a path that
     firmware had up is not.

Read on: the EXIT STATUS of each command's page
"
        }
    }
}

//! The controller: what the kernel has, and why it has none.

use super::cause::Cause;
use super::machine::Machine;
use super::model::Broken;
use crate::connect::{LinkEndpoint, is_path};
use crate::nvme::security::Violation;
use crate::nvme::sysfs::Controller;
use crate::status::schema::State;
use libnbft::plan::{Path, Plan};

/// The kernel's controller for a path, in whatever state.
pub(super) fn of_path<'m>(machine: &'m Machine, path: &Path, ready: Option<&LinkEndpoint>) -> Option<&'m Controller> {
    machine.controllers.iter().find(|controller| is_path(controller, path, ready))
}

/// Why a controller that is there cannot be used.
pub(super) fn not_live(controller: &Controller) -> Broken {
    let (name, state) = (&controller.name, &controller.state);
    let problem = format!("{name} is there, but its state is {state}.");
    let remedy = match state.as_str() {
        "connecting" | "resetting" | "new" => {
            "The kernel connects it again by itself, every ten seconds; dmesg says why it has not succeeded."
        }
        _ => "Look in dmesg for why; nbft connect makes it again once it is gone.",
    };
    Broken::new(Cause::NotLive, problem, remedy)
}

/// Why one that is live does not count: it lacks what the tables require.
pub(super) fn unsecured(lack: &Violation) -> Broken {
    let broken = Broken::new(Cause::Unsecured, format!("{lack}."), "Disconnect it, and run nbft connect.");
    broken.because(Some(&lack.code().to_owned()))
}

/// A connection to the same target that another program made without saying by which way it is to go.
fn unbound<'m>(machine: &'m Machine, path: &Path) -> Option<&'m Controller> {
    machine.controllers.iter().find(|controller| {
        let target = (&controller.nqn, controller.traddr.parse(), controller.trsvcid.parse());
        controller.host_traddr.is_empty()
            && controller.host_iface.is_empty()
            && target == (&path.nqn, Ok(path.traddr), Ok(path.trsvcid))
    })
}

/// Why there is no controller for a path whose target answers.
pub(super) fn missing(machine: &Machine, plan: &Plan, number: usize) -> Broken {
    let broken = |cause, problem: String, remedy: &str| Broken::new(cause, problem, remedy);
    if let Some(other) = unbound(machine, &plan.paths[number]) {
        let problem = format!("{} leads to this target and is bound to no interface: it may go any way.", other.name);
        let remedy =
            "Whoever made it should give the interface (nvme connect --host-iface); nbft connect makes one that has.";
        return broken(Cause::Unbound, problem, remedy);
    }
    if let Some(parameter) = machine.kernel.nbft_off() {
        let problem = format!("The target answers, and {parameter} keeps nbft from connecting it.");
        return broken(Cause::SwitchedOff, problem, "Take it off the kernel's command line.");
    }
    if plan.host.is_none() {
        return broken(
            Cause::NoHostIdentity,
            "The target answers, but the NBFT gives no usable host NQN and host ID.".into(),
            "Set them in the firmware's setup, or by rd.nvmf.hostnqn= and rd.nvmf.hostid=.",
        );
    }
    if !machine.has_driver() || !machine.has_device() {
        return broken(
            Cause::NoDriver,
            "The target answers, but the kernel cannot connect it: its NVMe/TCP driver is not there.".into(),
            "See the warning on the kernel module.",
        );
    }
    let Some(status) = machine.path_status(plan, number) else {
        return broken(
            Cause::NotConnected,
            "The target answers, but nothing has connected it.".into(),
            "Run nbft connect.",
        );
    };
    match (status.state, &status.reason) {
        (State::Up, _) => {
            let name = status.controller.as_deref().unwrap_or("The controller");
            broken(
                Cause::ControllerGone,
                format!("{name} was connected and is gone, though the target answers."),
                match machine.is_connecting() {
                    true => {
                        "Somebody disconnected it, or the kernel gave it up (see dmesg); nbft connect is at work on it."
                    }
                    false => {
                        "Somebody disconnected it, or the kernel gave it up (see dmesg); nbft connect makes it again."
                    }
                },
            )
        }
        (State::Failed, Some(reason)) => {
            // What connect could not do for want of the network may have been mended since.
            let code = status.code.as_deref().unwrap_or_default();
            let problem = format!("The target answers, but nbft connect failed: {reason}.");
            Broken::new(Cause::ConnectFailed, problem, remedy(machine, plan, code)).because(status.code.as_ref())
        }
        _ if machine.is_connecting() => broken(
            Cause::ConnectUnderWay,
            "The target answers, and nbft connect is still at work on it.".into(),
            "Ask again in a moment.",
        ),
        _ => broken(
            Cause::ConnectEnded,
            "The target answers, but nbft connect ended before it had connected it.".into(),
            "Run nbft connect.",
        ),
    }
}

/// What to do about a connection that failed for the reason with this code (nbft-status(1)).
fn remedy(machine: &Machine, plan: &Plan, code: &str) -> String {
    let host = plan.host.as_ref().map(|host| host.nqn.as_str()).unwrap_or_default();
    let initramfs = machine.generator.with_keys();
    match code {
        "host-not-allowed" | "subsystem-unknown" => {
            format!("Allow the host NQN {host} on the target, and compare the subsystem NQN with the target's.")
        }
        "secret-missing-redfish" | "psk-missing-redfish" => format!(
            "Have the Redfish service give it (/usr/libexec/nbft-redfish KEYPATH {host} asks again; nbft-redfish(1)), or put the secret in \
             one of the other places."
        ),
        "psk-missing" => format!(
            "Put the PSK in one of these places, and into the initramfs with it: {initramfs}, or a credential."
        ),
        "secret-missing" | "authentication-without-secret" => format!(
            "Put the secret in one of these places, and into the initramfs with it: {initramfs}, or a credential."
        ),
        "secret-file-unusable" | "secret-controller-alone" | "secret-unusable" => {
            "Mend the file; nbft check-key says what is wrong with a key, and nbft-connect(1) how the files must be.".into()
        }
        "secret-fetch-failed" | "secret-not-asked" => {
            "Mend /etc/nbft/key-command, or the Redfish service; nbft-connect(1) says what a key-command must do.".into()
        }
        "tlshd-missing" | "tls-handshake-slow" => {
            "Install ktls-utils, and have tlshd run (systemctl status tlshd), in the initramfs too.".into()
        }
        "tls-handshake-failed" => format!(
            "Compare the PSK with the target's for the host NQN {host} (nbft check-key gives its identity), and see whether the \
             target does TLS at this port; the log of tlshd may say more."
        ),
        "psk-not-allowed" => "Use a PSK of the other hash, or widen the security profile in the firmware's setup.".into(),
        "no-tls" | "keyring-unusable" => {
            "Boot a kernel with CONFIG_NVME_TCP_TLS, or change the security profile in the firmware's setup.".into()
        }
        "plaintext" | "without-secret" => "Disconnect it, and run nbft connect.".into(),
        "authentication-failed" => {
            format!("Compare the secret with the target's for the host NQN {host}; the target's log may say more.")
        }
        "controller-proof-wrong" | "controller-unproved" => {
            "Compare the controller secret with the target's, or leave it out if the host alone is to prove itself.".into()
        }
        "not-authenticated" | "controller-not-asked" => format!(
            "Have the target authenticate the host NQN {host}, or change the security profile in the firmware's setup."
        ),
        "algorithm-not-allowed" => {
            "Have the target use what the security profile allows, or widen the profile in the firmware's setup.".into()
        }
        "authentication-wanted" | "authentication-unplanned" | "authentication-unsupported" | "no-authentication" => {
            "Let this host in without in-band authentication, or give the entry a security profile in the firmware's setup."
                .into()
        }
        "queue-without-cpu" | "setting-refused" | "setting-refused-by-target" | "option-refused" => {
            "Change the setting where it is made: option, kernel parameter or /etc/nbft/connect.conf (nbft-connect.conf(5)).".into()
        }
        "no-io-queue" => "Let the target give each host I/O queues; its limit may be reached.".into(),
        "host-id-in-use" | "host-nqn-in-use" => {
            "Disconnect what uses the other pair, or connect it by the NBFT's (/run/nbft/hostnqn, /run/nbft/hostid).".into()
        }
        _ => "Run nbft connect, which tries again; if it fails again, dmesg and the target's log have the other half.".into(),
    }
}

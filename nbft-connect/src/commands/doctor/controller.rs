//! The controller: what the kernel has, and why it has none.

use super::machine::Machine;
use super::model::{Broken, Step};
use crate::connect::{LinkEndpoint, is_path};
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
    Broken::new(Step::Controller, problem, remedy)
}

/// Why one that is live does not count: it lacks what the tables require.
pub(super) fn unsecured(lack: &str) -> Broken {
    Broken::new(Step::Controller, format!("{lack}."), "Disconnect it, and run nbft connect.")
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
    let broken = |problem: String, remedy: &str| Broken::new(Step::Controller, problem, remedy);
    if let Some(other) = unbound(machine, &plan.paths[number]) {
        let problem = format!("{} leads to this target and is bound to no interface: it may go any way.", other.name);
        let remedy =
            "Whoever made it should give the interface (nvme connect --host-iface); nbft connect makes one that has.";
        return broken(problem, remedy);
    }
    if let Some(parameter) = machine.kernel.nbft_off() {
        let problem = format!("The target answers, and {parameter} keeps nbft from connecting it.");
        return broken(problem, "Take it off the kernel's command line.");
    }
    if plan.host.is_none() {
        return broken(
            "The target answers, but the NBFT gives no usable host NQN and host ID.".into(),
            "Set them in the firmware's setup, or by rd.nvmf.hostnqn= and rd.nvmf.hostid=.",
        );
    }
    if !machine.has_driver() || !machine.has_device() {
        return broken(
            "The target answers, but the kernel cannot connect it: its NVMe/TCP driver is not there.".into(),
            "See the warning on the kernel module.",
        );
    }
    let Some(status) = machine.path_status(plan, number) else {
        return broken("The target answers, but nothing has connected it.".into(), "Run nbft connect.");
    };
    match (status.state, &status.reason) {
        (State::Up, _) => {
            let name = status.controller.as_deref().unwrap_or("The controller");
            broken(
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
            Broken::new(
                Step::Controller,
                format!("The target answers, but nbft connect failed: {reason}."),
                remedy(machine, plan, reason),
            )
        }
        _ if machine.is_connecting() => {
            broken("The target answers, and nbft connect is still at work on it.".into(), "Ask again in a moment.")
        }
        _ => {
            broken("The target answers, but nbft connect ended before it had connected it.".into(), "Run nbft connect.")
        }
    }
}

/// What to do about a connection that the kernel or the target refused.
fn remedy(machine: &Machine, plan: &Plan, reason: &str) -> String {
    let host = plan.host.as_ref().map(|host| host.nqn.as_str()).unwrap_or_default();
    let about = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    if about(&["not open to this host", "refuses this host"]) {
        format!("Allow the host NQN {host} on the target, and compare the subsystem NQN with the target's.")
    } else if about(&["; by Redfish from "]) {
        format!(
            "Have the Redfish service give it (/usr/libexec/nbft-redfish KEYPATH {host} asks again; nbft-redfish(1)), or put the secret in \
             one of the other places."
        )
    } else if let Some(remedy) = of_tls(machine, host, &about).or_else(|| of_authentication(machine, host, &about)) {
        remedy
    } else if about(&["uthentication"]) {
        "Let this host in without in-band authentication, or give the entry a security profile in the firmware's setup."
            .into()
    } else if about(&["different host NQN", "different host ID"]) {
        "Disconnect what uses the other pair, or connect it by the NBFT's (/run/nbft/hostnqn, /run/nbft/hostid).".into()
    } else {
        "Run nbft connect, which tries again; if it fails again, dmesg and the target's log have the other half.".into()
    }
}

/// What to do where TLS is at fault.
fn of_tls(machine: &Machine, host: &str, about: &dyn Fn(&[&str]) -> bool) -> Option<String> {
    Some(if about(&["there is no PSK for it"]) {
        format!(
            "Put the PSK in one of these places, and into the initramfs with it: {}, or a credential.",
            machine.generator.with_keys()
        )
    } else if about(&["tls-psk: "]) {
        "Mend the file; nbft check-key says what is wrong with a key, and nbft-connect(1) how the files must be.".into()
    } else if about(&["tlshd does not run", "TLS handshake was not done"]) {
        "Install ktls-utils, and have tlshd run (systemctl status tlshd), in the initramfs too.".into()
    } else if about(&["TLS handshake failed"]) {
        format!(
            "Compare the PSK with the target's for the host NQN {host} (nbft check-key gives its identity), and see whether the \
             target does TLS at this port; the log of tlshd may say more."
        )
    } else if about(&["which decides for"]) {
        "Use a PSK of the other hash, or widen the security profile in the firmware's setup.".into()
    } else if about(&["cannot do TLS"]) {
        "Boot a kernel with CONFIG_NVME_TCP_TLS, or change the security profile in the firmware's setup.".into()
    } else if about(&["in plaintext, but TLS"]) {
        "Disconnect it, and run nbft connect.".into()
    } else {
        return None;
    })
}

/// What to do where secrets or security profiles are at fault.
fn of_authentication(machine: &Machine, host: &str, about: &dyn Fn(&[&str]) -> bool) -> Option<String> {
    Some(if about(&["there is no secret for it"]) {
        format!(
            "Put the secret in one of these places, and into the initramfs with it: {}, or a credential.",
            machine.generator.with_keys()
        )
    } else if about(&["dhchap-secret: ", "dhchap-ctrl-secret: ", "dhchap-secret is there"]) {
        "Mend the file; nbft check-key says what is wrong with a key, and nbft-connect(1) how the files must be.".into()
    } else if about(&["has another secret"]) {
        format!("Compare the secret with the target's for the host NQN {host}; the target's log may say more.")
    } else if about(&["controller's proof", "did not prove"]) {
        "Compare the controller secret with the target's, or leave it out if the host alone is to prove itself.".into()
    } else if about(&["asked for no authentication"]) {
        format!(
            "Have the target authenticate the host NQN {host}, or change the security profile in the firmware's setup."
        )
    } else if about(&["the target chose"]) {
        "Have the target use what the security profile allows, or widen the profile in the firmware's setup.".into()
    } else {
        return None;
    })
}

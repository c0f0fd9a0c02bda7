//! `nbft-redfish`: fetches the secrets that a security profile's keypath leads to from a Redfish service.
//!
//! It is a separate program, which ends after it has printed the secrets. So `nbft`, which is in every initramfs, needs no HTTP and no
//! certificates, and no copy of a secret in those libraries stays in memory. The library is for tests and the fuzzer.

// Tests may write files and print freely.
#![cfg_attr(test, allow(clippy::disallowed_macros, clippy::disallowed_methods))]

mod client;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod keys;
mod nic;
mod place;
mod quote;
mod settings;
mod smbios;
mod trust;

use client::Client;
pub use error::FetchError;
use error::FetchFault;
pub use keys::Fetched;
pub use nbft_connect::nvme::keys::Found;
use nbft_connect::nvme::keys::credentials;
use nbft_connect::process;
use place::Place;
use settings::Settings;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The time limit for reading all keys. A management controller may need a second for each resource.
const LIMIT: Duration = Duration::from_secs(20);

/// Fetch the DH-HMAC-CHAP secrets and TLS PSKs that a Redfish service holds for a host.
#[derive(Debug, clap::Parser)]
#[command(name = "nbft-redfish", version, max_term_width = 100)]
pub struct Args {
    /// https URI of a Key, a collection of keys or a KeyService, or its path at the Redfish host interface
    pub keypath: String,
    /// NQN of the host that the keys are of
    pub hostnqn: String,
    /// Print the keys themselves, for a program, and not what they are
    #[arg(long)]
    pub print: bool,
    /// Read every path under DIR
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
}

/// Fetches the keys.
///
/// # Errors
///
/// When no key was fetched.
pub fn run(args: &Args) -> Result<Fetched, FetchError> {
    process::leave_no_core();
    let settings = Settings::read(&args.root, credentials(&args.root)).map_err(FetchFault::Settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(FetchFault::Start)?;
    let found = runtime.block_on(fetch(args, settings));
    // Does not wait for a pending lookup of a name.
    runtime.shutdown_background();
    Ok(found?)
}

async fn fetch(args: &Args, settings: Settings) -> Result<Fetched, FetchFault> {
    let place = Place::of(&args.root, &args.keypath)?;
    let Some((interface, address)) = place.interface.clone() else {
        return read(Client::new(place, None, settings)?, args).await;
    };
    // Restores the NIC even if the caller ends this program.
    let mut told_to_end = signal(SignalKind::terminate()).map_err(FetchFault::Start)?;
    let mut nic = nic::find(&args.root, &interface.device).await?;
    let client = Client::new(place, Some(&nic.link().name), settings)?;
    let found = tokio::select! {
        found = async {
            nic::prepare(&mut nic, &interface, address).await?;
            read(client, args).await
        } => found,
        _ = told_to_end.recv() => Err(FetchFault::Ended),
    };
    nic.restore().await;
    found
}

async fn read(mut client: Client, args: &Args) -> Result<Fetched, FetchFault> {
    let found = tokio::time::timeout(LIMIT, keys::read(&mut client, &args.hostnqn)).await;
    client.log_out().await;
    found.map_err(|_| FetchFault::Slow { service: client.base(), seconds: LIMIT.as_secs() })?
}

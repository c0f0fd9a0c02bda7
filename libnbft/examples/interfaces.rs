//! Prints the interfaces that belong to the firmware: `cargo run -p libnbft --example interfaces -- [FILE or FOLDER]`.

use libnbft::plan::{Options, Plan, Source};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = std::env::args_os().nth(1).unwrap_or_else(|| libnbft::files::DEFAULT_PATH.into());
    let mut tables = Vec::new();
    for file in libnbft::files::find(Path::new(&argument))? {
        let bytes = file.read()?;
        tables.push((file.name, libnbft::parse(&bytes)?.table));
    }
    let sources: Vec<_> = tables.iter().map(|(name, table)| Source { name, table }).collect();
    for interface in Plan::new(&sources, &Options::default()).interfaces {
        let pci = interface.pci.map_or("anywhere".to_string(), |pci| pci.to_string());
        println!("{} is {} at {pci}", interface.name, interface.mac);
        for link in interface.links {
            for network in link.networks {
                let address = network.address.map_or("no address".to_string(), |ip| ip.to_string());
                println!("    {}: {:?}, {address}/{}", link.name, network.method, network.prefix);
            }
        }
    }
    Ok(())
}

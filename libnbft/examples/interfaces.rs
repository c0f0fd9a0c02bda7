//! Prints the interfaces that belong to the firmware: `cargo run -p libnbft --example interfaces -- [FILE or FOLDER]`.

use libnbft::plan::{Options, Plan};

fn main() -> Result<(), libnbft::files::FileError> {
    let argument = std::env::args_os().nth(1).unwrap_or_else(|| libnbft::files::DEFAULT_PATH.into());
    let loaded = Plan::load(&argument, &Options::default())?;
    for (path, error) in &loaded.unusable {
        println!("{}: {error}", path.display());
    }
    for interface in loaded.plan.interfaces {
        let pci = interface.pci.map_or("anywhere".to_string(), |pci| pci.to_string());
        println!("{} is {} at {pci}", interface.name, interface.mac);
        for link in interface.links {
            for network in link.networks {
                println!("    {}: {network}", link.name);
            }
        }
    }
    Ok(())
}

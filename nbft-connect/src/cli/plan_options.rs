//! Options that change the plan of each command that makes one.

use super::nqn;
use clap::{Args, ValueEnum};
use libnbft::model::Uuid;
use libnbft::plan::{BondError, BondRequest, Names};

/// Options that change the plan.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanOptions {
    /// Host NQN in place of the table's (also rd.nvmf.hostnqn=)
    #[arg(long, value_name = "NQN", value_parser = nqn)]
    pub hostnqn: Option<String>,
    /// Host ID in place of the table's (also rd.nvmf.hostid=)
    #[arg(long, value_name = "UUID")]
    pub hostid: Option<Uuid>,
    /// Where the names of interfaces come from.
    #[command(flatten)]
    pub naming: Naming,
    /// Make a bond of NICs of one subnet; may be repeated (also rd.nvmf.bond=)
    #[arg(long, value_name = "NAME:PORT,PORT[:MODE[:OPTION=VALUE...]]", value_parser = bond)]
    pub bond: Vec<BondRequest>,
}

/// A bond that the user asks for.
fn bond(text: &str) -> Result<BondRequest, BondError> {
    text.parse()
}

/// Where the names of interfaces come from.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Naming {
    /// Where the names of interfaces come from (also rd.nvmf.names=) [default: table]
    #[arg(long, value_enum, value_name = "WHERE")]
    pub names: Option<NameSource>,
}

/// Where the names of interfaces come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NameSource {
    /// The order of the tables: nbft0, nbft1.
    Table,
    /// The PCI address: nbftp03001.
    Pci,
    /// The kernel and udev.
    Kernel,
}

impl From<NameSource> for Names {
    fn from(source: NameSource) -> Self {
        match source {
            NameSource::Table => Self::Table,
            NameSource::Pci => Self::Pci,
            NameSource::Kernel => Self::Kernel,
        }
    }
}

//! Tests the length of the status file.

use crate::output::json::{self, Secrets};
use crate::status::schema::*;
use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, Mac, NidType, Nqn, Ssns, SsnsFlags, Table, TransportType};
use libnbft::plan::{Options, Plan, Source};

/// 255 HFIs of other NICs than another `number` has, and 255 subsystems over each of them.
fn table(number: u8) -> Table {
    let mut table = Table::default();
    for index in 1..=255 {
        let mut tcp = HfiTcp::default();
        (tcp.version, tcp.info_version, tcp.hfi_index) = (1, 1, index.into());
        (tcp.flags, tcp.mac) = (HfiTcpFlags::VALID, Mac([2, 0, 0, 0, number, index]));
        (tcp.ip, tcp.prefix) = (std::net::IpAddr::from([198, 18, number, index]).into(), 16);
        let mut hfi = Hfi::default();
        (hfi.index, hfi.transport, hfi.tcp) = (index, TransportType::TCP, Some(tcp));
        table.hfis.push(hfi);
        let mut ssns = Ssns::default();
        (ssns.index, ssns.flags, ssns.transport) = (index.into(), SsnsFlags::VALID, TransportType::TCP);
        (ssns.nsid, ssns.nid_type, ssns.nid) = (1, NidType::UUID, [index; 16]);
        ssns.traddr = Some(std::net::IpAddr::from([198, 18, 255, 1]).into());
        (ssns.primary_hfi, ssns.secondary_hfis) = (1, (2..=255).collect());
        ssns.nqn =
            Some(Nqn(format!("nqn.2014-08.org.nvmexpress:uuid:0a5bb1f2-4c1d-4b57-9c41-1f7a3c{number:02x}{index:04x}")));
        table.ssns.push(ssns);
    }
    table
}

#[test]
fn it_is_bounded_whatever_the_tables_ask_for() {
    let tables: Vec<_> = (0..20).map(table).collect();
    let names: Vec<_> = (0..20).map(|number| format!("NBFT{number}")).collect();
    let sources: Vec<_> = names.iter().zip(&tables).map(|(name, table)| Source { name, table }).collect();
    let mut status = Status::of_plan(&Plan::new(&sources, &Options::default()));
    assert_eq!(status.paths.len(), libnbft::plan::MAX_PATHS);
    assert_eq!(status.boot_entries_left_out, libnbft::plan::MAX_LEFT_OUT + 1);
    // What a failed boot adds.
    for path in &mut status.paths {
        path.reason = Some(format!(
            "{}: no carrier after 10 s, and a sentence more that somebody may say of it",
            path.host_iface
        ));
    }
    for namespace in &mut status.namespaces {
        namespace.reason = Some("198.18.255.1 port 4420, ".repeat(8));
    }
    let text = json::text(&status, Secrets::Masked).unwrap();
    assert!(text.len() < 4 << 20, "{} bytes", text.len());
}

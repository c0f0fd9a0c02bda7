//! Tests valid parameters, and the errors for others.

use super::*;

fn read(line: &str) -> (Request, Vec<String>) {
    let (request, errors) = Request::read(&KernelCommandLine::parse(line)).unwrap();
    (request, errors.iter().map(ToString::to_string).collect())
}

#[test]
fn targets_and_nics() {
    let (request, errors) = read(
        "rd.nvmf.connect=192.0.2.1,nqn.2014-08.org.example:s rd.nvmf.iface=eno1 \
         rd.nvmf.connect=[2001:db8::1]:4421,nqn.2014-08.org.example:s,nid=cc3f2135-f931-4569-baea-0eee7113a521,iface=02:00:00:00:00:01,hdr-digest,data-digest \
         rd.nvmf.connect=192.0.2.1,nqn.2014-08.org.nvmexpress.discovery \
         rd.nvmf.iface=02:00:00:00:00:02,address=192.0.2.7/24,gateway=192.0.2.254,vlan=10 rd.nvmf.iface=eno3,method=dhcp6",
    );
    assert_eq!(errors, [""; 0]);
    let found: Vec<_> = request
        .targets
        .iter()
        .map(|target| {
            let digests = (target.header_digest, target.data_digest);
            (target.path.to_string(), target.path.port_or_default(), target.nic.clone(), digests)
        })
        .collect();
    let mac = |last| NicName::Mac(Mac([2, 0, 0, 0, 0, last]));
    let expected = [
        ("nvme+tcp://192.0.2.1/nqn.2014-08.org.example:s".to_owned(), 4420, None, (false, false)),
        (
            "nvme+tcp://[2001:db8::1]:4421/nqn.2014-08.org.example:s/cc3f2135-f931-4569-baea-0eee7113a521".to_owned(),
            4421,
            Some(mac(1)),
            (true, true),
        ),
        ("nvme+tcp://192.0.2.1/nqn.2014-08.org.nvmexpress.discovery".to_owned(), 8009, None, (false, false)),
    ];
    assert_eq!(found, expected);
    let plain = |nic| NicRequest { nic, vlan: None, address: None, gateway: None, method: None };
    let fixed = NicRequest {
        vlan: Some(10),
        address: Some(("192.0.2.7".parse().unwrap(), 24)),
        gateway: Some("192.0.2.254".parse().unwrap()),
        ..plain(mac(2))
    };
    let by_dhcp6 = NicRequest { method: Some(Method::Dhcp6), ..plain(NicName::Interface("eno3".into())) };
    assert_eq!(request.nics, [plain(NicName::Interface("eno1".into())), fixed, by_dhcp6, plain(mac(1))]);
    assert!(!request.by_root_path);
}

#[test]
fn without_the_parameter_nothing_is_asked_for() {
    assert_eq!(Request::read(&KernelCommandLine::parse("quiet rd.nvmf.iface=eno1 rd.nvmf.connects=dhcp")), None);
    let (request, errors) = read("rd.nvmf.connect=dhcp");
    assert_eq!((request.by_root_path, request.targets, request.nics, errors), (true, vec![], vec![], vec![]));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (value, fault) in [
        ("", "\"\" is not ADDRESS or ADDRESS:PORT, with IPv6 addresses in brackets"),
        (
            "2001:db8::1,nqn.2014-08.org.example:s",
            "\"2001:db8::1\" is not ADDRESS or ADDRESS:PORT, with IPv6 addresses in brackets",
        ),
        (
            "192.0.2.1:0,nqn.2014-08.org.example:s",
            "\"192.0.2.1:0\" is not ADDRESS or ADDRESS:PORT, with IPv6 addresses in brackets",
        ),
        ("target.example,nqn.2014-08.org.example:s", "target.example is a name, and names are not resolved"),
        ("192.0.2.1", "an NQN follows the address"),
        ("192.0.2.1,", "an NQN follows the address"),
        ("192.0.2.1,subsystem", "NQN: it does not begin with nqn.YYYY-MM."),
        ("192.0.2.1,nqn.2014-08.org.example:s,port=1", "port=1 is unknown"),
        ("192.0.2.1,nqn.2014-08.org.example:s,hdr-digest=0", "hdr-digest=0 is unknown"),
        (
            "192.0.2.1,nqn.2014-08.org.example:s,nid=7",
            "nid=\"7\" is not a UUID, or the 32 or 16 hex digits of an NGUID or EUI-64",
        ),
        ("192.0.2.1,nqn.2014-08.org.example:s,nsid=0", "nsid=\"0\" is not a namespace ID, 1 or more"),
        (
            "192.0.2.1,nqn.2014-08.org.example:s,iface=a/b",
            "\"a/b\" is neither a MAC address nor the name of an interface",
        ),
    ] {
        let (request, errors) = read(&format!("rd.nvmf.connect={value}"));
        assert_eq!((request.targets.len(), errors), (0, vec![format!("rd.nvmf.connect={value}: {fault}")]));
    }
    for (value, fault) in [
        ("01:00:5e:00:00:01", "\"01:00:5e:00:00:01\" is neither a MAC address nor the name of an interface"),
        ("eno1,vlan=4095", "vlan=\"4095\" is not a VLAN ID from 1 to 4094"),
        ("eno1,address=192.0.2.7", "address=\"192.0.2.7\" is not an IP address with its prefix length"),
        ("eno1,address=192.0.2.7/33", "address=\"192.0.2.7/33\" is not an IP address with its prefix length"),
        ("eno1,gateway=x", "gateway=\"x\" is not an IP address"),
        ("eno1,method=bootp", "method=\"bootp\" is not dhcp4, dhcp6 or slaac"),
        ("eno1,mtu=9000", "mtu=9000 is unknown"),
    ] {
        let (request, errors) = read(&format!("rd.nvmf.connect=dhcp rd.nvmf.iface={value}"));
        assert_eq!((request.nics.len(), errors), (0, vec![format!("rd.nvmf.iface={value}: {fault}")]));
    }
}

#[test]
fn root_paths() {
    let nid = "cc3f2135-f931-4569-baea-0eee7113a521";
    let target = Target::of_root_path(&format!("nvme+tcp://192.0.2.1:4421/nqn.2014-08.org.example:s/{nid}")).unwrap();
    assert_eq!((target.address, target.path.port_or_default()), ("192.0.2.1".parse().unwrap(), 4421));
    assert_eq!(target.path.nid().unwrap().to_string(), nid);
    let refused = |text: &str| Target::of_root_path(text).unwrap_err().to_string();
    let form = "is not a root path of the form nvme+tcp://ADDRESS[:PORT]/NQN/NID";
    for text in [
        "iscsi:192.0.2.1::::iqn.2014-08.org.example:s",
        "/srv/root",
        "nvme+tcp://192.0.2.1/nqn.2014-08.org.example:s/disk",
    ] {
        assert_eq!(refused(text), format!("root path={text:?} {form}"));
    }
    assert_eq!(
        refused("nvme+tcp://target.example/nqn.2014-08.org.example:s"),
        "target.example is a name, and names are not resolved"
    );
}

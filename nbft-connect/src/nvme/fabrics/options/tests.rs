//! Tests of whole option strings.

use crate::nvme::fabrics::options::*;
use crate::nvme::keys::{Identity, Secret, TlsKey};

fn connection() -> Connection<'static> {
    Connection {
        nqn: "nqn.2014-08.org.example:s",
        traddr: "192.0.2.1".parse().unwrap(),
        trsvcid: 4420,
        hostnqn: "nqn.2014-08.org.example:h",
        hostid: Uuid([0x11; 16]),
        host_traddr: Some("192.0.2.2".parse().unwrap()),
        host_iface: Some("nbft0"),
        bind_iface: true,
        hdr_digest: true,
        data_digest: false,
        tunables: Tunables::default(),
        secrets: None,
        tls: None,
    }
}

#[test]
fn whole_string() {
    assert_eq!(
        connection().options(&Supported::default()).unwrap().expose(),
        "nqn=nqn.2014-08.org.example:s,transport=tcp,traddr=192.0.2.1,trsvcid=4420,\
         hostnqn=nqn.2014-08.org.example:h,hostid=11111111-1111-1111-1111-111111111111,\
         host_traddr=192.0.2.2,host_iface=nbft0,hdr_digest,ctrl_loss_tmo=-1"
    );
}

const LISTED: &str = "transport=%s,traddr=%s,host_iface=%s,hdr_digest,discovery,queue_size=%d,nr_io_queues=%d,reconnect_delay=%d,\
                      ctrl_loss_tmo=%d,keep_alive_tmo=%d,nr_write_queues=%d,nr_poll_queues=%d,tos=%d,fast_io_fail_tmo=%d\n";

fn all_tunables() -> Tunables {
    Tunable::ALL.into_iter().map(|tunable| (tunable, 20 + tunable as i32)).collect()
}

#[test]
fn settings_are_given_if_the_kernel_lists_them() {
    let plain = connection().options(&Supported::default()).unwrap().expose().to_owned();
    let connection = Connection { tunables: all_tunables(), ..connection() };
    let given = |list: &str| connection.options(&Supported::from_list(list)).unwrap().expose().to_owned();
    let with = plain.replace("ctrl_loss_tmo=-1", "ctrl_loss_tmo=26");
    assert_eq!(
        given(LISTED),
        with.clone()
            + ",nr_io_queues=20,nr_write_queues=21,nr_poll_queues=22,queue_size=23,keep_alive_tmo=24,reconnect_delay=25,\
               fast_io_fail_tmo=27,tos=28"
    );
    let some = LISTED.replace(",nr_poll_queues=%d,tos=%d,fast_io_fail_tmo=%d", "");
    assert_eq!(
        given(&some),
        with.clone() + ",nr_io_queues=20,nr_write_queues=21,queue_size=23,keep_alive_tmo=24,reconnect_delay=25"
    );
    // A kernel without a list refuses the whole connection for one option that it does not know.
    assert_eq!(given(""), with);
}

#[test]
fn a_discovery_controller_is_given_what_has_a_meaning_for_it() {
    let mut connection = Connection { nqn: DISCOVERY_NQN, tunables: all_tunables(), ..connection() };
    let address = "nqn=nqn.2014-08.org.nvmexpress.discovery,transport=tcp,traddr=192.0.2.1,trsvcid=4420,\
                   hostnqn=nqn.2014-08.org.example:h,hostid=11111111-1111-1111-1111-111111111111,\
                   host_traddr=192.0.2.2,host_iface=nbft0";
    let given = |connection: &Connection<'_>, kind| {
        connection.discovery_options(&Supported::from_list(LISTED), kind).unwrap().expose().to_owned()
    };
    assert_eq!(given(&connection, DiscoveryConnection::Transient), format!("{address},tos=28"));
    let persistent = |keep_alive_tmo: i32| {
        format!("{address},keep_alive_tmo={keep_alive_tmo},ctrl_loss_tmo=26,reconnect_delay=25,tos=28")
    };
    assert_eq!(given(&connection, DiscoveryConnection::Persistent), persistent(24));
    // Without keep-alives the controller would end the connection.
    connection.tunables.set(Tunable::KeepAliveTmo, 0);
    assert_eq!(given(&connection, DiscoveryConnection::Persistent), persistent(30));
}

#[test]
fn a_connection_bound_to_its_address_names_no_interface() {
    let mut connection = connection();
    connection.bind_iface = false;
    let text = connection.options(&Supported::default()).unwrap().expose().to_owned();
    assert!(text.ends_with(",host_traddr=192.0.2.2,hdr_digest,ctrl_loss_tmo=-1"), "{text}");
    // A link-local address means nothing without its interface.
    (connection.traddr, connection.host_traddr) = ("fe80::1".parse().unwrap(), Some("fe80::2".parse().unwrap()));
    let text = connection.options(&Supported::default()).unwrap().expose().to_owned();
    assert!(text.contains("traddr=fe80::1%nbft0,") && text.contains(",host_traddr=fe80::2%nbft0,hdr"), "{text}");
}

#[test]
fn a_transient_discovery_controller_has_no_timeouts() {
    let mut connection = connection();
    connection.nqn = DISCOVERY_NQN;
    let string = |nqn: &str| {
        format!(
            "nqn={nqn},transport=tcp,traddr=192.0.2.1,trsvcid=4420,\
             hostnqn=nqn.2014-08.org.example:h,hostid=11111111-1111-1111-1111-111111111111,\
             host_traddr=192.0.2.2,host_iface=nbft0"
        )
    };
    let old = Supported::from_list("transport=%s,traddr=%s,host_iface=%s\n");
    assert_eq!(
        connection.discovery_options(&old, DiscoveryConnection::Transient).unwrap().expose(),
        string(DISCOVERY_NQN)
    );
    connection.nqn = "nqn.2014-08.org.example:cdc";
    assert_eq!(
        connection.discovery_options(&old, DiscoveryConnection::Transient).unwrap_err(),
        OptionError::Unknown("discovery")
    );
    let new = Supported::default();
    let expected = string("nqn.2014-08.org.example:cdc") + ",discovery";
    assert_eq!(connection.discovery_options(&new, DiscoveryConnection::Transient).unwrap().expose(), expected);
    // A persistent one.
    let persistent = expected + ",keep_alive_tmo=30,ctrl_loss_tmo=-1";
    assert_eq!(connection.discovery_options(&new, DiscoveryConnection::Persistent).unwrap().expose(), persistent);
    assert_eq!(
        connection.discovery_options(&old, DiscoveryConnection::Persistent).unwrap_err(),
        OptionError::Unknown("discovery")
    );
    connection.nqn = DISCOVERY_NQN;
    assert_eq!(
        connection.discovery_options(&old, DiscoveryConnection::Persistent).unwrap().expose(),
        string(DISCOVERY_NQN)
    );
}

#[test]
fn link_local_targets_carry_their_scope() {
    let mut connection = connection();
    connection.traddr = "fe80::1".parse().unwrap();
    connection.host_traddr = None;
    connection.hdr_digest = false;
    let text = connection.options(&Supported::default()).unwrap().to_string();
    assert!(text.contains(",traddr=fe80::1%nbft0,"), "{text}");
}

#[test]
fn no_value_adds_an_option() {
    for bad in ["a,duplicate_connect", "a\nb", "a b", ""] {
        let mut connection = connection();
        connection.nqn = bad;
        let error = connection.options(&Supported::default()).unwrap_err();
        assert_eq!(error, OptionError::Unsafe { option: "nqn", value: bad.into() });
    }
}

#[test]
fn required_options_must_be_supported() {
    let old = Supported::from_list("instance=-1,cntlid=-1,transport=%s,traddr=%s,ctrl_loss_tmo=%d\n");
    assert!(old.knows("traddr") && !old.knows("hdr_digest"));
    assert_eq!(connection().options(&old).unwrap_err(), OptionError::Unknown("hdr_digest"));
    assert_eq!(Supported::from_list("instance=-1,cntlid=-1\n"), Supported::default());
}

#[test]
fn secrets_go_only_to_a_kernel_that_lists_them_and_are_never_shown() {
    let key = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
    let other = "DHHC-1:01:P4k/47Ih71FX6CavHVL9zDeCbJ0jaokInL28ACRat/Epq7n3:";
    let secrets = |controller: Option<&str>| Secrets {
        host: Secret::parse(key).unwrap(),
        controller: controller.map(|text| Secret::parse(text).unwrap()),
    };
    let list = "transport=%s,traddr=%s,host_iface=%s,hdr_digest";
    let one = Supported::from_list(&format!("{list},dhchap_secret=%s\n"));
    let both = Supported::from_list(&format!("{list},dhchap_secret=%s,dhchap_ctrl_secret=%s\n"));
    let mut connection = connection();
    let plain = connection.options(&both).unwrap().expose().to_owned();
    connection.secrets = Some(Rc::new(secrets(None)));
    let options = connection.options(&one).unwrap();
    assert_eq!(options.expose(), format!("{plain},dhchap_secret={key}"));
    assert_eq!(
        (options.to_string(), format!("{options:?}")),
        (format!("{plain},dhchap_secret=***"), format!("\"{plain},dhchap_secret=***\""),)
    );
    connection.secrets = Some(Rc::new(secrets(Some(other))));
    let options = connection.options(&both).unwrap();
    assert_eq!(options.expose(), format!("{plain},dhchap_secret={key},dhchap_ctrl_secret={other}"));
    assert_eq!(options.to_string(), format!("{plain},dhchap_secret=***,dhchap_ctrl_secret=***"));
    assert_eq!(connection.options(&one).unwrap_err(), OptionError::NoAuthentication("dhchap_ctrl_secret"));
    // A kernel without a list would log the secret.
    let error = connection.options(&Supported::default()).unwrap_err();
    assert_eq!(error, OptionError::NoAuthentication("dhchap_secret"));
    connection.nqn = DISCOVERY_NQN;
    let options = connection.discovery_options(&both, DiscoveryConnection::Transient).unwrap();
    assert!(options.expose().ends_with(&format!("host_iface=nbft0,dhchap_secret={key},dhchap_ctrl_secret={other}")));
}

#[test]
fn tls_goes_only_to_a_kernel_that_lists_it() {
    let identity = Identity::of_name("NVMe1R01 h s d", "h", "s").unwrap();
    let connection = Connection { tls: Some(Tls::Psk(TlsKey { serial: 0x1234_5678, identity })), ..connection() };
    let list = "transport=%s,host_iface=%s,hdr_digest,ctrl_loss_tmo=%d,keyring=%d";
    let with = |more: &str| Supported::from_list(&format!("{list}{more}\n"));
    let all = with(",tls_key=%d,tls");
    let plain = Connection { tls: None, ..connection.clone() }.options(&all).unwrap().to_string();
    assert_eq!(connection.options(&all).unwrap().to_string(), format!("{plain},tls,tls_key=305419896"));
    let discovery = Connection { nqn: DISCOVERY_NQN, ..connection.clone() }
        .discovery_options(&all, DiscoveryConnection::Transient)
        .unwrap();
    assert!(discovery.to_string().ends_with(",host_iface=nbft0,tls,tls_key=305419896"), "{discovery}");
    for (more, missing) in [("", "tls"), (",tls_key=%d", "tls"), (",tls", "tls_key")] {
        assert_eq!(connection.options(&with(more)).unwrap_err(), OptionError::NoTls(missing));
    }
    // A kernel without a list lists nothing.
    assert_eq!(connection.options(&Supported::default()).unwrap_err(), OptionError::NoTls("tls"));
    // Secure concatenation is another option, and excludes the others.
    let made = Connection { tls: Some(Tls::Concatenation), ..connection.clone() };
    assert_eq!(made.options(&with(",concat")).unwrap().to_string(), format!("{plain},concat"));
    assert_eq!(made.options(&all).unwrap_err(), OptionError::NoTls("concat"));
}

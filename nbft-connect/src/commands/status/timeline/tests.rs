//! Draws a boot with known times.

use super::*;
use crate::output::Screen;

/// A boot of a second with two NICs, of which the second has no carrier.
fn timeline() -> Timeline {
    let first = InterfaceTimes {
        name: "nbft0".into(),
        begin_ms: Some(0),
        nic_ms: Some(100),
        udev_ms: Some(100),
        carrier_ms: Some(600),
        address_ms: Some(700),
    };
    let second = InterfaceTimes { name: "nbft1".into(), carrier_ms: None, address_ms: None, ..first.clone() };
    let path = PathTimes {
        traddr: "192.0.2.1".into(),
        trsvcid: 4420,
        host_iface: "nbft0".into(),
        nqn: "nqn.2014-08.org.example:s".into(),
        attempts: 2,
        probe_ms: Some(700),
        probed_ms: Some(750),
        connect_ms: Some(750),
        connected_ms: Some(900),
    };
    let other =
        PathTimes { host_iface: "nbft1".into(), ..PathTimes { traddr: "192.0.2.1".into(), ..PathTimes::default() } };
    let namespace = NamespaceTimes {
        nqn: path.nqn.clone(),
        nsid: 1,
        boot: true,
        connected_ms: Some(900),
        present_ms: Some(1000),
        ..NamespaceTimes::default()
    };
    Timeline {
        started_uptime_ms: 2345,
        ended_ms: 1000,
        interfaces: vec![first, second],
        paths: vec![path, PathTimes { trsvcid: 4420, ..other }],
        namespaces: vec![namespace],
    }
}

#[test]
fn bars_stand_where_the_time_went() {
    assert_eq!(
        text::render(&Chart::new(&timeline()), Screen::plain(64)).plain(),
        "nbft connect: began 2.3 s after the machine's start, took 1.0 s
                        0                                  1.0 s
nbft0
  NIC           100 ms  ####
  carrier       500 ms      ####################
  address       100 ms                          ####
nbft1
  NIC           100 ms  ####
  carrier       900 ms      ...................................>
192.0.2.1 port 4420 over nbft0 (2 tries)
  probe          50 ms                              ##
  connect       150 ms                                ######
192.0.2.1 port 4420 over nbft1
  not begun
NSID 1 of nqn.2014-08.org.example:s
  namespace     100 ms                                      ####
The longest step: carrier of nbft1, 900 ms and not over
"
    );
    let unicode = Screen { unicode: true, ..Screen::plain(64) };
    let shown = text::render(&Chart::new(&timeline()), unicode).plain();
    assert!(shown.contains("  NIC           100 ms  \u{2588}\u{2588}\u{2588}\u{2588}\n"), "{shown}");
    assert!(shown.contains('\u{2591}') && shown.lines().all(|line| line.chars().count() <= 64), "{shown}");
}

#[test]
fn a_path_that_was_found_or_waits_has_the_bars_of_what_it_did() {
    let steps = |of: &PathTimes| -> Vec<_> { path(of, 100).into_iter().map(|bar| (bar.step, bar.is_over)).collect() };
    let none = PathTimes::default();
    assert_eq!(steps(&none), []);
    assert_eq!(steps(&PathTimes { connected_ms: Some(3), ..none.clone() }), []);
    let probing = PathTimes { probe_ms: Some(1), ..none.clone() };
    assert_eq!(steps(&probing), [(Step::Probe, false)]);
    let queued = PathTimes { probed_ms: Some(9), ..probing };
    assert_eq!(steps(&queued), [(Step::Probe, true), (Step::Turn, false)]);
    let writing = PathTimes { connect_ms: Some(20), ..queued };
    assert_eq!(steps(&writing), [(Step::Probe, true), (Step::Turn, true), (Step::Connect, false)]);
    let alone = PathTimes { connect_ms: Some(20), connected_ms: Some(30), ..none };
    assert_eq!(steps(&alone), [(Step::Connect, true)]);
}

#[test]
fn times_of_any_size_and_order_are_drawn_within_the_screen() {
    let mut odd = timeline();
    for value in [0, 1, u64::MAX] {
        odd.ended_ms = value;
        odd.interfaces[0].carrier_ms = Some(u64::MAX - value);
        odd.interfaces[1].begin_ms = Some(u64::MAX);
        odd.paths[0].connected_ms = Some(value);
        odd.namespaces[0].present_ms = Some(value / 2);
        let chart = Chart::new(&odd);
        let text = text::render(&chart, Screen::plain(60)).plain();
        // What has more than a screen's columns of digits is not a bar.
        assert!(text.lines().filter(|line| line.contains('#')).all(|line| line.chars().count() <= 72), "{text}");
        assert!(svg::render(&chart).ends_with("</svg>\n"));
    }
    let empty = Chart::new(&Timeline::default());
    assert_eq!(longest(&empty), None);
    assert!(text::render(&empty, Screen::plain(40)).plain().starts_with("nbft connect: began 0 ms"));
}

#[test]
fn names_are_quoted_in_svg() {
    let mut hostile = timeline();
    hostile.interfaces[0].name = "</text><script>\"&'\u{1b}[2J\u{202e}\u{ffff}".into();
    hostile.paths[0].traddr = "x".repeat(500);
    let drawn = svg::render(&Chart::new(&hostile));
    assert!(drawn.contains("&lt;/text&gt;&lt;script&gt;&quot;&amp;&#39;"), "{drawn}");
    assert!(!drawn.contains("<script") && !drawn.contains(['\u{1b}', '\u{202e}', '\u{ffff}']), "{drawn}");
    assert!(drawn.contains(&format!("{}...</text>", "x".repeat(120))), "{drawn}");
    assert_eq!(drawn.matches("<rect ").count(), 1 + 8, "a ground, and a bar for each step");
}

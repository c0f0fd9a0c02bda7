//! Computes when a lease is renewed: at the server's times, or at the usual ones if the server's are out of order.

/// The time of a lease that never ends.
const ALWAYS: u32 = u32::MAX;

/// Seconds that a lease lasts if the server names no time, or 0.
pub(super) const UNNAMED_LEASE: u32 = 3600;

/// What a protocol says of T1 and T2.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimesRule {
    /// The usual T2 as a fraction of the basis; the usual T1 is half of the basis.
    usual_rebind: (u64, u64),
    /// Whether T1 may equal T2, and T2 the lease's end.
    may_be_equal: bool,
}

/// RFC 2131, section 4.4.5.
pub(super) const DHCP4: TimesRule = TimesRule { usual_rebind: (7, 8), may_be_equal: false };

/// RFC 8415, sections 14.2 and 21.4.
pub(super) const DHCP6: TimesRule = TimesRule { usual_rebind: (4, 5), may_be_equal: true };

/// T1 and T2 in seconds, and a sentence if the server's own were out of order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeaseTimes {
    pub(super) renew: u32,
    pub(super) rebind: u32,
    pub(super) finding: Option<String>,
}

/// The times of a lease that ends after `seconds`. `named` has the server's T1 and T2; 0 leaves the choice to the client. The usual times
/// are parts of `basis`.
pub(super) fn lease_times(seconds: u32, basis: u32, named: (u32, u32), rule: TimesRule) -> LeaseTimes {
    let (numerator, denominator) = rule.usual_rebind;
    let part = |numerator: u64, denominator: u64| {
        // A part of a 32-bit number always fits 32 bits.
        u32::try_from(u64::from(basis) * numerator / denominator).unwrap_or(ALWAYS)
    };
    let usual = (part(1, 2), part(numerator, denominator));
    let or_usual = |named: u32, usual: u32| if named == 0 { usual } else { named };
    let (renew, rebind) = (or_usual(named.0, usual.0), or_usual(named.1, usual.1));
    let before = |first: u32, second: u32| first < second || first == second && (rule.may_be_equal || second == ALWAYS);
    if named == (0, 0) || before(renew, rebind) && before(rebind, seconds) {
        return LeaseTimes { renew, rebind, finding: None };
    }
    let said = |named: u32| if named == 0 { "none".to_owned() } else { format!("{named} s") };
    let finding = format!(
        "the lease's times are out of order (T1 {}, T2 {}, lease {seconds} s): T1 {} s and T2 {} s are used",
        said(named.0),
        said(named.1),
        usual.0,
        usual.1
    );
    LeaseTimes { renew: usual.0, rebind: usual.1, finding: Some(finding) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_order_stay() {
        let times = |renew, rebind| LeaseTimes { renew, rebind, finding: None };
        for (named, expected) in [
            ((600, 1800), times(600, 1800)),
            ((0, 0), times(1800, 3150)),
            ((0, 2000), times(1800, 2000)),
            ((600, 0), times(600, 3150)),
        ] {
            assert_eq!(lease_times(3600, 3600, named, DHCP4), expected, "{named:?}");
        }
        assert_eq!(lease_times(3600, 1800, (0, 0), DHCP6), times(900, 1440));
        assert_eq!(lease_times(3600, 1800, (3600, 3600), DHCP6), times(3600, 3600));
        for rule in [DHCP4, DHCP6] {
            assert_eq!(lease_times(ALWAYS, ALWAYS, (ALWAYS, ALWAYS), rule), times(ALWAYS, ALWAYS));
            assert_eq!(lease_times(0, 0, (0, 0), rule), times(0, 0));
            assert_eq!(lease_times(1, 1, (0, 0), rule), times(0, 0));
        }
    }

    #[test]
    fn times_out_of_order_give_way_to_the_usual_ones() {
        for named in [(1800, 1800), (3150, 1800), (1800, 3600), (1800, 7200), (7200, 0), (0, 1000), (ALWAYS, ALWAYS)] {
            let times = lease_times(3600, 3600, named, DHCP4);
            assert_eq!((times.renew, times.rebind), (1800, 3150), "{named:?}");
            assert!(times.finding.is_some(), "{named:?}");
        }
        for named in [(1440, 900), (900, 3601), (3601, 0)] {
            let times = lease_times(3600, 1800, named, DHCP6);
            assert_eq!((times.renew, times.rebind), (900, 1440), "{named:?}");
        }
        let finding =
            "the lease's times are out of order (T1 7200 s, T2 none, lease 3600 s): T1 1800 s and T2 3150 s are used";
        assert_eq!(lease_times(3600, 3600, (7200, 0), DHCP4).finding.as_deref(), Some(finding));
    }
}

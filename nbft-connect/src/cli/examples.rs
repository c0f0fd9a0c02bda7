//! Ends the help of each command: two examples, and its page.

/// Examples, one a line, and the page.
macro_rules! examples {
    ($($name:ident, $page:literal: $first:literal, $second:literal;)+) => {$(
        pub(super) const $name: &str =
            concat!("Examples:\n  ", $first, "\n  ", $second, "\n\nManual page: man ", $page);
    )+};
}

examples! {
    SHOW, "nbft-show": "nbft show", "nbft show --redact -o json > for-a-bug-report.json";
    CHECK, "nbft-check": "nbft check --hex", "nbft check --strict NBFT.bin";
    DIFF, "nbft-diff": "nbft diff before.bin /sys/firmware/acpi/tables/NBFT", "nbft diff -o json A.bin B.bin";
    CHECK_KEY, "nbft-check-key": "nbft check-key /etc/nbft/keys/tls-psk", "nvme gen-dhchap-key --hmac=1 | nbft check-key -";
    BUILD, "nbft-build": "nbft build table.json -o NBFT.bin", "nbft show -o json | nbft build - -o NBFT.bin";
    PLAN, "nbft-plan": "nbft plan -v NBFT.bin", "nbft plan --graph > network.svg";
    CONNECT, "nbft-connect": "nbft connect", "nbft connect --dry-run";
    DISCONNECT, "nbft-disconnect": "nbft disconnect nvme1", "nbft disconnect --all";
    STATUS, "nbft-status": "nbft status --watch", "nbft status --timeline --svg boot.svg";
    DOCTOR, "nbft-doctor": "nbft doctor", "nbft doctor -v --timeout 10";
    EXPORT, "nbft-export": "nbft export networkd", "nbft export dracut NBFT.bin";
    HELP, "nbft": "nbft help boot", "nbft help show";
}

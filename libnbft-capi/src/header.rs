//! Generates the header and the version script from the declarations.

use crate::declare::Declaration;
use crate::functions::{CONNECTION, HANDLE, MAIN, NETWORK};
use std::fmt::Write as _;

const BEGIN: &str = "\
/* The NVMe Boot Firmware Table for C programs. See nbftc(3).
 *
 * Made by `cargo xtask regen`; do not edit. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every text is UTF-8 and, like every item, belongs to its handle: it is valid until nbftc_free(), and the caller never frees it.
 * Every function takes null for any pointer and then returns null, 0 or NBFTC_ERROR_ARGUMENT. A handle never changes after it was
 * made, so several threads may read it. Texts from a table are not to be trusted; their control characters are escaped.
 */
#ifndef NBFTC_H
#define NBFTC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern \"C\" {
#endif

";

const END: &str = "
#ifdef __cplusplus
}
#endif

#endif
";

/// Types that C programs see by name only.
const OPAQUE: [&str; 7] = ["", "_link", "_network", "_route", "_connection", "_finding", "_left_out"];

/// Numbers of the ABI: comment, and names with values.
const NUMBERS: [(&str, &[(&str, i32)]); 5] = [
    (
        "What nbftc_open() and nbftc_parse() return.",
        &[
            ("OK", 0),
            ("ERROR_ARGUMENT", -1),
            ("ERROR_NOT_FOUND", -2),
            ("ERROR_DENIED", -3),
            ("ERROR_IO", -4),
            ("ERROR_NO_TABLE", -5),
            ("ERROR_RANGE", -6),
            ("ERROR_INTERNAL", -7),
        ],
    ),
    (
        "How an address is obtained. A later version may know more.",
        &[("METHOD_STATIC", 1), ("METHOD_DHCP4", 2), ("METHOD_DHCP6", 3), ("METHOD_SLAAC", 4)],
    ),
    (
        "A subsystem, or a discovery controller that is asked at once or after a failure.",
        &[("DISCOVERY_NONE", 0), ("DISCOVERY_IMMEDIATE", 1), ("DISCOVERY_FALLBACK", 2)],
    ),
    (
        "How far security is required. Never connect without what is required.",
        &[("NEED_NONE", 0), ("NEED_ALLOWED", 1), ("NEED_REQUIRED", 2)],
    ),
    ("How much a finding matters.", &[("SEVERITY_NOTE", 0), ("SEVERITY_WARNING", 1), ("SEVERITY_ERROR", 2)]),
];

/// Every exported function, in the order of the header.
pub fn declarations() -> impl Iterator<Item = &'static Declaration> {
    [MAIN, HANDLE, NETWORK, CONNECTION].into_iter().flatten()
}

/// The content of `nbft.h`.
#[must_use]
pub fn header() -> String {
    let mut text = String::from(BEGIN);
    for name in OPAQUE {
        let _ = writeln!(text, "struct nbftc{name};");
    }
    for (comment, numbers) in NUMBERS {
        let _ = writeln!(text, "\n/* {comment} */");
        for (name, value) in numbers {
            let _ = if *value < 0 {
                writeln!(text, "#define NBFTC_{name} ({value})")
            } else {
                writeln!(text, "#define NBFTC_{name} {value}")
            };
        }
    }
    for declaration in declarations() {
        let _ = writeln!(text, "\n/*{} */", declaration.doc.join("\n *").replace('`', ""));
        let _ = writeln!(text, "{};", prototype(declaration));
    }
    text + END
}

/// `int nbftc_open(const char *path, struct nbftc **handle)`.
#[must_use]
pub fn prototype(declaration: &Declaration) -> String {
    let typed = |of: &str, name: &str| if of.ends_with('*') { format!("{of}{name}") } else { format!("{of} {name}") };
    let parameters: Vec<_> = declaration.parameters.iter().map(|(of, name)| typed(of, name)).collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    format!("{}({parameters})", typed(declaration.returns, declaration.name))
}

/// The version script: only these names leave the library.
#[must_use]
pub fn version_script() -> String {
    let names: String = declarations().map(|one| format!("        {};\n", one.name)).collect();
    format!("LIBNBFT_0 {{\n    global:\n{names}    local:\n        *;\n}};\n")
}

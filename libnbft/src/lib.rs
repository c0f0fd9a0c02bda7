//! The ACPI NVMe Boot Firmware Table (NBFT).
#![forbid(unsafe_code)]
#![deny(missing_docs)]

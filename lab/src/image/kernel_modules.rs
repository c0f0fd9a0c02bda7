//! Collects kernel modules and their dependencies, uncompressed, in loading order.

use crate::prepare::kernel::Kernel;
use crate::prepare::need;
use crate::tools::error::{At, MachineError, Result};
use crate::tools::shell::run;
use std::collections::HashMap;
use std::fs;

/// File names and contents. Skips modules that are built into the kernel, and missing ones whose name ends in `?`.
pub fn closure(kernel: &Kernel, names: &[&str]) -> Result<Vec<(String, Vec<u8>)>> {
    let dep = kernel.modules.join("modules.dep");
    let text = fs::read_to_string(&dep).at(&dep)?;
    let lines: HashMap<String, (&str, &str)> =
        text.lines().filter_map(|line| line.split_once(':')).map(|(path, deps)| (stem(path), (path, deps))).collect();
    let builtin = kernel.modules.join("modules.builtin");
    let builtin = fs::read_to_string(&builtin).at(&builtin)?;
    let mut order: Vec<&str> = Vec::new();
    for name in names {
        let (name, may_be_missing) = name.strip_suffix('?').map_or((*name, false), |name| (name, true));
        match lines.get(&stem(name)) {
            // A line lists all modules that its module needs, nearest first.
            Some((path, deps)) => {
                for path in deps.split_whitespace().rev().chain([*path]) {
                    if !order.contains(&path) {
                        order.push(path);
                    }
                }
            }
            None if may_be_missing => {}
            None if builtin.lines().any(|path| stem(path) == stem(name)) => {}
            None => {
                let (kernel, module) = (kernel.version.clone(), (*name).to_owned());
                return Err(MachineError::NoModule { kernel, module }.into());
            }
        }
    }
    order.into_iter().map(|path| Ok((format!("{}.ko", stem(path)), read(kernel, path)?))).collect()
}

fn read(kernel: &Kernel, path: &str) -> Result<Vec<u8>> {
    let file = kernel.modules.join(path);
    let program = match path.rsplit('.').next() {
        Some("xz") => "xz",
        Some("zst") => "zstd",
        _ => return fs::read(&file).at(&file),
    };
    run(need(program)?).arg("-dcq").arg(file).output()
}

/// A module's name in the kernel's spelling: no directory, no suffix, and `_` for `-`.
fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name).replace('-', "_")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_the_kernels() {
        assert_eq!(super::stem("kernel/drivers/nvme/host/nvme-tcp.ko.xz"), "nvme_tcp");
        assert_eq!(super::stem("8021q"), "8021q");
    }
}

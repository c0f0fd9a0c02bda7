//! Finds the imports between files, and the circles among them.

use crate::source::{Source, imports};
use std::collections::{BTreeMap, BTreeSet};

/// For each file, by index, the files that it imports. Imports between a file and a module that contains it do not count, since they
/// belong together.
pub(crate) fn arrows(sources: &[Source]) -> Vec<BTreeSet<usize>> {
    let by_module: BTreeMap<&[String], usize> =
        sources.iter().enumerate().map(|(number, source)| (source.module.as_slice(), number)).collect();
    let file_of = |path: &[String]| (0..=path.len()).rev().find_map(|length| by_module.get(&path[..length]).copied());
    let of = |source: &Source| {
        let to = imports(source).into_iter().filter_map(|path| file_of(&path));
        to.filter(|to| !belong(&sources[*to].module, &source.module)).collect()
    };
    sources.iter().map(of).collect()
}

fn belong(one: &[String], other: &[String]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Groups of files that import each other, directly or indirectly; each sorted.
pub(crate) fn circles(arrows: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let reach: Vec<BTreeSet<usize>> = (0..arrows.len()).map(|from| reached(arrows, from)).collect();
    let mut circles: BTreeSet<Vec<usize>> = BTreeSet::new();
    for from in 0..arrows.len() {
        let circle: Vec<usize> = reach[from].iter().copied().filter(|to| reach[*to].contains(&from)).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reached(arrows: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(next) = open.pop() {
        for to in &arrows[next] {
            if found.insert(*to) {
                open.push(*to);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::fake;

    #[test]
    fn a_circle_is_found_and_a_line_is_none() {
        let files = [
            fake("a.rs", "use crate::b::B;\n"),
            fake("b.rs", "use crate::c::d;\n"),
            fake("c/mod.rs", "use crate::c::d::D;\n"),
            fake("c/d.rs", "use super::C;\nuse crate::a;\n"),
        ];
        let arrows = arrows(&files);
        assert_eq!(arrows, [BTreeSet::from([1]), BTreeSet::from([3]), BTreeSet::new(), BTreeSet::from([0])]);
        assert_eq!(circles(&arrows), [vec![0, 1, 3]]);
        assert_eq!(circles(&arrows[..0]), [[0_usize; 0]; 0]);
        assert!(circles(&[BTreeSet::from([1]), BTreeSet::new()]).is_empty());
    }
}

//! Groups what is listed, so that each name and each reason stands once, and shortens long lists.

use crate::output::Cell;

/// The items of each subsystem, in the order of its first one.
pub(super) fn grouped<'i, T>(items: &'i [T], nqn: impl Fn(&'i T) -> &'i str) -> Vec<(&'i str, Vec<&'i T>)> {
    each_once(items.iter().map(|item| (nqn(item), item)))
}

/// The values of each key, in the order of its first one.
pub(super) fn each_once<K: PartialEq, V>(items: impl IntoIterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in items {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

/// Most names in one sentence.
pub(super) const NAMES: usize = 8;

/// The first `most` of these names; more are counted only. A thousand paths may have one reason.
pub(super) fn listed<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let first: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(most) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The cells of a namespace: its NID, and its NSID where that is known.
pub(super) fn namespace_cells(nid: Option<String>, nsid: u32) -> [Cell; 2] {
    let any = if nsid == 0 { "any" } else { "" };
    [Cell::new(nid.as_deref().unwrap_or(any)), Cell::some((nsid != 0).then_some(nsid))]
}

/// A text without the name of the table that it begins with, where there is only one table.
pub(super) fn without_table<'t>(tables: &[String], text: &'t str) -> &'t str {
    let [only] = tables else { return text };
    let rest = text.strip_prefix(only.as_str()).filter(|rest| rest.starts_with([' ', ':']));
    rest.map_or(text, |rest| rest.trim_start_matches([' ', ':']))
}

#[cfg(test)]
mod tests {
    use super::{listed, without_table};

    #[test]
    fn long_lists_are_counted() {
        assert_eq!(listed(&["a", "b"], 2), "a, b");
        assert_eq!(listed(&["a", "b", "c", "d"], 2), "a, b and 2 more");
        assert_eq!(listed::<&str>(&[], 2), "");
    }

    #[test]
    fn only_one_table_goes_without_saying() {
        let one = ["NBFT".to_owned()];
        assert_eq!(without_table(&one, "NBFT SSNS 1"), "SSNS 1");
        assert_eq!(without_table(&one, "NBFT: a note"), "a note");
        assert_eq!(without_table(&one, "NBFT1 SSNS 1"), "NBFT1 SSNS 1");
        assert_eq!(without_table(&["NBFT1".to_owned(), "NBFT2".to_owned()], "NBFT1 SSNS 1"), "NBFT1 SSNS 1");
    }
}

//! Groups what is listed, so that each name and each reason stands once.

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

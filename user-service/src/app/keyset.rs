/// Which page of a list: so many rows, from the one before this key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyset<K> {
    pub(crate) before: Option<K>,
    pub(crate) limit: u64,
}

/// A page that was read with one row more than it has, and the key of its last row if there are more.
pub(super) fn trimmed<T, K>(mut rows: Vec<T>, limit: u64, key: impl Fn(&T) -> K) -> (Vec<T>, Option<K>) {
    let has_more = u64::try_from(rows.len()).is_ok_and(|length| length > limit);
    if has_more {
        rows.pop();
    }
    let next = rows.last().filter(|_| has_more).map(key);
    (rows, next)
}

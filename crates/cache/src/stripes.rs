use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Enough that two keys in use seldom share a stripe: sharing one costs a needless refill now and then, never a wrong
/// value.
const STRIPES: usize = 1024;

/// Counts invalidations, many keys to a counter. Unlike a tombstone for each key, a counter takes no memory that would
/// have to be given back some day, while a slow fill might still come.
pub(crate) struct Stripes {
    generations: Box<[Mutex<u64>]>,
    hasher: RandomState,
}

impl Stripes {
    pub(crate) fn new() -> Self {
        Self { generations: (0..STRIPES).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    /// The counter of `key`, locked: while it is held, nobody fills or invalidates the key.
    pub(crate) fn lock(&self, key: &str) -> MutexGuard<'_, u64> {
        // The remainder fits whatever the width of a pointer, so cutting the hash first loses nothing that counts.
        let index = usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or_default();
        self.generations[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stripes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripes").finish_non_exhaustive()
    }
}

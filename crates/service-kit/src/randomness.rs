//! Random bytes, passed in so that tests can repeat them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A source of bytes that nobody can foresee: for keys, tokens and salts.
#[derive(Clone)]
pub struct Randomness(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Randomness {
    /// A generator of each thread's own, seeded by the operating system.
    pub fn system() -> Self {
        Self(Arc::new(|bytes| rand::rng().fill_bytes(bytes)))
    }

    /// The same bytes for the same seed: for tests, where nothing is worth guessing.
    pub fn seeded(seed: u64) -> Self {
        let generator = Mutex::new(StdRng::seed_from_u64(seed));
        Self(Arc::new(move |bytes| generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes)))
    }

    /// The next bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Randomness").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_seed_repeats_its_bytes() {
        let draws = |source: &Randomness| (source.bytes::<16>(), source.bytes::<16>());
        let (first, second) = draws(&Randomness::seeded(7));
        assert_ne!(first, second);
        assert_eq!(draws(&Randomness::seeded(7)), (first, second));
        assert_ne!(draws(&Randomness::seeded(8)), (first, second));
        assert_ne!(draws(&Randomness::system()), draws(&Randomness::system()));
    }
}

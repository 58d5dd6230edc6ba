use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// More unfinished invalidations than this are not told apart: every key counts as one then.
const MOST: usize = 100_000;

/// Invalidations that have not reached Redis yet. Their keys are read as absent here meanwhile, and somebody goes on trying.
#[derive(Debug, Default)]
pub(super) struct Pending {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: HashMap<Box<str>, Mark>,
    marks: u64,
    /// Until when every key is in doubt.
    overflowed: Option<Instant>,
}

/// Which invalidation of a key is meant: a later one is not finished by an earlier one's success.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    number: u64,
    began: Instant,
}

impl Pending {
    pub(super) fn begin(&self, key: &str, longest_ttl: Duration) -> Mark {
        let mut state = self.state();
        state.marks += 1;
        let mark = Mark { number: state.marks, began: Instant::now() };
        if state.keys.len() < MOST || state.keys.contains_key(key) {
            state.keys.insert(Box::from(key), mark);
        } else {
            state.overflowed = Some(mark.began + longest_ttl);
        }
        mark
    }

    pub(super) fn finish(&self, key: &str, mark: Mark) {
        let mut state = self.state();
        if state.keys.get(key).is_some_and(|current| current.number == mark.number) {
            state.keys.remove(key);
        }
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        let state = self.state();
        state.keys.contains_key(key) || state.overflowed.is_some_and(|until| Instant::now() < until)
    }

    /// Those to try again. What is older than any value can be is forgotten: nothing it could concern is left.
    pub(super) fn unfinished(&self, longest_ttl: Duration) -> Vec<(Box<str>, Mark)> {
        let mut state = self.state();
        state.keys.retain(|_, mark| mark.began.elapsed() < longest_ttl);
        state.keys.iter().map(|(key, mark)| (key.clone(), *mark)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

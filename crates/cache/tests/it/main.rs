//! What a cache promises, checked on the in-process one.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod entries;
mod interleavings;
mod threads;

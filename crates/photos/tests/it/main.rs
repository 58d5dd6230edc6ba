//! What the crate makes of good and bad uploads, how many it works on, and what it keeps. Every file is made by code.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod animations;
mod bombs;
mod colours;
mod formats;
mod metadata;
mod mutations;
mod orientation;
mod queue;
mod refusals;
mod samples;
mod store;

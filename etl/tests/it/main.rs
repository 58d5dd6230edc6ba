//! The warehouse against real sources on both databases.

mod crash;
mod errors;
mod incremental;
mod lossless;
mod privacy;
mod schedule;
mod source;
mod star;
mod support;

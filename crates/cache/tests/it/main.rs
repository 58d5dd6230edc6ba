//! What a cache promises, checked in process and on a real Redis Cluster.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod entries;
mod interleavings;
mod redis_cluster;
mod shelf;
mod threads;

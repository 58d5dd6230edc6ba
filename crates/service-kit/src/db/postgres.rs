//! One database on several PostgreSQL servers, of which one at a time takes writes: finds that one, keeps watching it, and
//! follows when another is promoted.

mod address;
mod pool;
mod primary;
mod session;
mod trouble;
mod watch;

pub(super) use address::Address;
pub(super) use primary::Primary;

//! A service's rows, moved from SQLite to PostgreSQL. It promises that afterwards every table has the rows it had, which is shown by
//! counts and checksums of both sides; that a move which was cut short goes on where it was, and that nobody uses a database that
//! is half there.
//!
//! It is a room of its own, which knows both databases and no service: what is moved is read from their catalogues, so that a
//! table of a later migration needs no line here.

mod catalog;
mod checksum;
mod error;
mod kind;
mod progress;
mod rows;
mod source;
mod target;
mod transfer;

pub use error::MoveError;
pub use source::Source;
pub use target::{State, Target};
pub use transfer::{Moved, Settings, Step, transfer};

//! Orders: placed, read, and moved on by people.

mod act;
mod place;
mod read;
mod save;

pub(crate) use act::{Act, Repeatable, act, decide, decide_as_operator};
pub(crate) use place::place;
pub(crate) use read::{count_stuck, events_after, get, page};
pub(crate) use save::{as_next, begun, save, save_leased};

pub(crate) use crate::db::listing::{Filter, Listing};

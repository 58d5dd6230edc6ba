//! Passing a request on to its upstream.

mod failure;
mod forward;
mod hygiene;

pub(crate) use failure::{Failure, log, unavailable};
pub(crate) use forward::{Forwarded, bounded, forward};
pub(crate) use hygiene::{clean_request, is_forgeable, strip_body};

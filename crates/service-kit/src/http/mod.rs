//! The conventions of the HTTP API, once for every service: what a body, a query and a precondition look like, how a list
//! is paged, and how every error becomes a problem.

mod answer;
mod body;
mod context;
mod cursor;
mod keyed;
mod merge_patch;
mod optional_body;
mod parameters;
mod precondition;
pub mod refusals;
mod router;
mod unrepeated;
mod wording;

pub use answer::{CacheRule, Represented, Written};
pub use body::{JsonBody, MergePatchBody};
pub use context::{RequestId, outgoing_context};
pub use cursor::{Cursor, Limit, newest_first};
pub use keyed::{IdempotencyKey, Keyed};
pub use merge_patch::merge_patch;
pub use optional_body::{NoFields, OptionalJsonBody};
pub use parameters::{NoParameters, PathId, QueryOf};
pub use precondition::{IfMatch, etag};
pub use router::{RouterSettings, finish};

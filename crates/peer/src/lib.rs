//! Outgoing HTTP to one named upstream. A [`Peer`] promises that every call ends within its deadline, that an upstream
//! which fails is left alone until it has recovered (a circuit breaker), that of its instances the least loaded get the
//! calls and the failing ones none, that retries are safe and add at most a fifth to the load, and that the request id, the trace and the remaining time travel along. The gateway streams through
//! [`Peer::send`]; typed clients exchange JSON through [`Peer::get`] and [`Peer::post`].

mod admission;
mod attempt;
pub mod balance;
pub mod breaker;
mod budget;
mod client;
mod context;
mod credential;
mod dice;
mod discovery;
mod error;
mod json;
mod outgoing;
mod peer;
mod request_body;
mod response_body;
mod settings;
pub mod trace;
mod watch;

pub use client::{HttpClient, http_client};
pub use context::{CallContext, MISSING_ANOTHER, PROXY_STATUS, REQUEST_TIMEOUT_MS};
pub use credential::{Credential, InvalidCredential};
pub use error::{BodyError, PeerError};
pub use json::JsonCall;
pub use peer::Peer;
pub use request_body::RequestBody;
pub use response_body::ResponseBody;
pub use settings::{InvalidSettings, PeerSettings, RetrySettings};

/// Any error, as request bodies report them.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

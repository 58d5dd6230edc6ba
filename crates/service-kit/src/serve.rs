//! The accept loop that every listener of the house runs on.
//!
//! `axum::serve` never closes a socket that stays silent, so serving is done here, once: caps on connections, a deadline
//! for every phase of one (waiting for a request, sending it, taking the answer), and draining when the service is asked
//! to stop. What a router needs besides is in [`limits`], [`uncancelled`] and [`deadline`].

mod addresses;
mod answering;
mod arrival;
mod backoff;
mod caps;
mod connection;
mod crew;
mod deadline;
pub mod limits;
mod lingering;
mod listen;
mod patience;
mod refusal;
mod stall;
pub mod tls;
mod turned_away;
mod uncancelled;

pub use caps::Caps;
pub use crew::{Crew, Hands};
pub use deadline::{Deadline, deadline};
pub use listen::{serve, serve_connections, serve_connections_by};
pub use turned_away::TurnedAway;
pub use uncancelled::uncancelled;

use std::net::SocketAddr;
use std::time::Duration;

use crate::proxies::TrustedProxies;

/// Where a request came from: the other end of its connection. Every request served by [`serve`] carries it as an
/// extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

/// What one listener grants its clients. The defaults suit a service that only the gateway talks to.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections in all. At the cap the next one waits, and no more are accepted, until one closes; default 10,000.
    pub connections: usize,
    /// Open connections of one address; more are closed at once. Default none: the gateway is one address.
    pub connections_per_address: Option<usize>,
    /// Addresses that bring the connections of many clients, so that theirs are not counted. Default none.
    pub proxies: TrustedProxies,
    /// From waiting for a request until its head is whole, so also how long an idle connection is kept. Default 75 s:
    /// clients that keep a pool give up an idle connection sooner, so that none is used while it is being closed.
    pub head_deadline: Duration,
    /// How long a client may leave an answer unread before its connection is closed; default 30 s.
    pub write_stall: Duration,
    /// Bytes of a request's head; beyond it 431. Default 32 KiB.
    pub head_bytes: usize,
    /// From being asked to stop until no more connections are accepted, so that a balancer can notice; default 0.
    pub linger: Duration,
    /// How long requests that have begun may take once no more are accepted; default 10 s.
    pub drain: Duration,
    /// Hears of connections that the caps keep out.
    pub turned_away: TurnedAway,
    /// Where connections are counted; listeners with clones of one value share the caps.
    pub caps: Caps,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: None,
            proxies: TrustedProxies::default(),
            head_deadline: Duration::from_secs(75),
            write_stall: Duration::from_secs(30),
            head_bytes: 32 * 1024,
            linger: Duration::ZERO,
            drain: Duration::from_secs(10),
            turned_away: TurnedAway::default(),
            caps: Caps::default(),
        }
    }
}

/// Why a listener stopped serving although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listening socket itself is unusable; closing single connections never ends in this.
    #[error("the listener accepts no more connections")]
    Accept(#[source] std::io::Error),
}

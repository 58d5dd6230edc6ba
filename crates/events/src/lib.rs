//! What happened, told from one service to others. Events are written in the transaction of the change (outbox), carried by
//! a bus, and taken in the transaction of what follows from them (inbox). It promises that each event is handled once, in
//! spite of restarts, duplicates, another order, and a bus that loses everything: **the bus is never the truth**, the
//! outbox is, and it can be asked again for seven days.

mod bus;
mod consumer;
mod entity;
mod event;
mod feed;
mod inbox;
mod nats;
mod outbox;
mod relay;
mod schema;
mod tail;

pub use bus::{Bus, BusError, InProcessBus, Subscription};
pub use consumer::{Consumer, Handler, HandlerError, Names};
pub use event::{Event, NewEvent};
pub use feed::{Feed, FeedError, FeedPage, HttpFeed, feed_routes};
pub use nats::{NatsBus, NatsSettings};
pub use outbox::{KEPT, Outbox};
pub use relay::Relay;
pub use schema::{create_inbox, create_outbox};
pub use tail::tail;

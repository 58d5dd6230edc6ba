use prometheus_client::metrics::counter::Counter;

/// What the caps on connections have done, counted for whoever looks at the clones.
#[derive(Debug, Clone, Default)]
pub struct TurnedAway {
    /// Connections closed at once, because their address had as many as it may.
    pub refused: Counter,
    /// Times that a connection had to wait until another closed, because there were as many as there may be in all.
    pub full: Counter,
}

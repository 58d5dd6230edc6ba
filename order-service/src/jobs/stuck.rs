use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};

/// How old the figure may be.
const LOOK: Duration = Duration::from_secs(15);

/// `lendery_orders_stuck`: what an alert is set on.
pub(crate) fn gauge(registry: &mut Registry) -> Gauge {
    let gauge = Gauge::default();
    registry.register("orders_stuck", "Orders that wait for an administrator", gauge.clone());
    gauge
}

/// Keeps the gauge until `shutdown`, and says in the log when more orders are stuck than before.
pub(crate) async fn run(app: App, gauge: Gauge, shutdown: CancellationToken) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = look.tick() => {}
        }
        match app::orders::count_stuck(&app).await {
            Ok(count) => {
                let before = gauge.set(count);
                if count > before {
                    tracing::error!(stuck = count, "orders wait for an administrator: GET /api/v1/orders?state=stuck");
                }
            }
            Err(error) => tracing::warn!(error = %error, "stuck orders were not counted"),
        }
    }
}

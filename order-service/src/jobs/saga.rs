use std::error::Error;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};

/// How often workers look although nothing rings: for what is due by time, and for what other instances have left.
const LOOK: Duration = Duration::from_millis(250);

/// The wait after the database has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Works on one order after another until `shutdown`. A turn that has begun is ended first.
pub(crate) async fn run(app: App, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let failed = match app.db.while_it_lasts(app::saga::turn(&app)).await {
            Ok(true) => continue,
            Ok(false) => false,
            Err(error) => {
                tracing::warn!(error = %error, cause = error.source(), "orders wait");
                true
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = sleep(AFTER_FAILURE), if failed => {}
            () = app.work.rung(), if !failed => {}
        }
    }
    if let Err(error) = app.db.while_it_lasts(app::saga::finish(&app)).await {
        tracing::warn!(error = %error, cause = error.source(), "orders wait for their lease to end");
    }
}

/// Rings for workers until `shutdown`, however busy they are.
pub(crate) async fn look(app: App, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(sleep(LOOK)).await.is_some() {
        app.work.ring();
    }
}

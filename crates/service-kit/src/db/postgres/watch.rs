use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnection;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::pool::{pool_of, retire};
use super::primary::Shared;
use super::session::{find_primary, takes_writes};

/// How often the primary is asked although nothing seems wrong.
const LOOK: Duration = Duration::from_secs(1);

/// Between the first rounds among the servers of a lost primary.
pub(super) const AGAIN: Duration = Duration::from_millis(100);

/// Between later rounds.
const AT_LENGTH: Duration = Duration::from_secs(1);

/// Watches the server at `at` through a session of its own, which no load on the pool keeps waiting, and goes over to
/// another one when it is lost, until `over`.
pub(super) async fn follow(shared: Arc<Shared>, mut primary: (usize, PgConnection), over: CancellationToken) {
    let place = shared.address.place().to_owned();
    let work = async {
        loop {
            let (at, session) = &mut primary;
            let reason = attend(&shared, session).await;
            let lost = Instant::now();
            let host = shared.address.hosts[*at].name.clone();
            tracing::warn!(place, host, reason, "the database's primary is lost; its connections are dropped");
            if let Some(pool) = shared.current.send_replace(None) {
                retire(&pool);
            }
            primary = search(&shared, *at).await;
            let host = &shared.address.hosts[primary.0];
            let pool = pool_of(host, shared.max_connections, &shared.trouble);
            shared.current.send_replace(Some(pool));
            let lost_ms = u64::try_from(lost.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(place, host = host.name, lost_ms, "the database has a primary");
        }
    };
    over.run_until_cancelled(work).await;
}

/// Returns once the session's server does not take writes any more, with the reason.
async fn attend(shared: &Shared, session: &mut PgConnection) -> String {
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            () = shared.trouble.noted() => {}
        }
        match takes_writes(session).await {
            Ok(true) => {}
            Ok(false) => return "it takes no writes any more".to_owned(),
            Err(error) => return error.to_string(),
        }
    }
}

/// Goes round among the servers until one takes writes.
async fn search(shared: &Shared, last: usize) -> (usize, PgConnection) {
    let mut pause = AGAIN;
    loop {
        match find_primary(&shared.address, last).await {
            Ok(found) => return found,
            Err(none) if pause == AGAIN => {
                tracing::warn!(place = shared.address.place(), reasons = none.reasons, "no server takes writes yet");
            }
            Err(none) => tracing::debug!(place = shared.address.place(), reasons = none.reasons, "still none"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(AT_LENGTH);
    }
}

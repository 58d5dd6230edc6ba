use std::sync::Arc;

use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector};
use tokio::time::timeout;

use super::address::Host;
use super::session::{PATIENCE, read_only, takes_writes};
use super::trouble::Trouble;
use crate::db::open::ACQUIRE;

/// Connections to one server, each of which took writes when it was made and is asked again whenever there is a doubt.
///
/// Without a limit on their age there is no task that closes idle ones: see `without_reaper`.
pub(super) fn pool_of(host: &Host, max_connections: u32, trouble: &Arc<Trouble>) -> DatabaseConnection {
    let (doubts, refusals) = (Arc::clone(trouble), Arc::clone(trouble));
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .before_acquire(move |session, idle| {
            let trouble = doubts.concerns(idle.idle_for).then(|| Arc::clone(&doubts));
            Box::pin(async move {
                let Some(trouble) = trouble else {
                    return Ok(true);
                };
                let answer = takes_writes(session).await;
                if !matches!(answer, Ok(true)) {
                    trouble.note();
                }
                answer
            })
        })
        .after_connect(move |session, _| {
            let trouble = Arc::clone(&refusals);
            Box::pin(async move {
                if takes_writes(session).await? {
                    return Ok(());
                }
                trouble.note();
                Err(read_only())
            })
        })
        .connect_lazy_with(host.options.clone());
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
}

/// Closes the pool at once for whoever waits for it or begins something, and its idle connections one by one. What is under
/// way may end if its server lets it; a connection that is given back is closed, whatever it was in the middle of.
pub(super) fn retire(pool: &DatabaseConnection) {
    let pool = pool.get_postgres_connection_pool().clone();
    // The call closes it; the future only waits.
    drop(pool.close());
    tokio::spawn(async move { timeout(PATIENCE, pool.close()).await });
}

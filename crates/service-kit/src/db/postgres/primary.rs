use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, TransactionTrait};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::address::Address;
use super::pool::pool_of;
use super::session::find_primary;
use super::trouble::Trouble;
use super::watch::{AGAIN, follow};
use crate::db::open::ACQUIRE;
use crate::db::problem::is_broken_connection;

/// The server that takes writes at the moment. It is followed until this value is dropped.
#[derive(Debug)]
pub(in crate::db) struct Primary {
    shared: Arc<Shared>,
    over: DropGuard,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: Address,
    pub(super) max_connections: u32,
    pub(super) trouble: Arc<Trouble>,
    /// None while no server is known to take writes.
    pub(super) current: watch::Sender<Option<DatabaseConnection>>,
}

impl Primary {
    /// Finds the primary, waiting a little for one that is just starting or being promoted.
    ///
    /// # Errors
    /// When no server takes a session that may write; the text gives the reason of each.
    pub(in crate::db) async fn open(address: Address, max_connections: u32) -> Result<Self, DbErr> {
        let patience = Instant::now() + ACQUIRE;
        let (at, session) = loop {
            match find_primary(&address, 0).await {
                Ok(found) => break found,
                Err(none) if none.is_passing && Instant::now() < patience => sleep(AGAIN).await,
                Err(none) => return Err(unreachable(none.reasons)),
            }
        };
        let trouble = Arc::new(Trouble::none());
        let pool = pool_of(&address.hosts[at], max_connections, &trouble);
        let shared = Arc::new(Shared { address, max_connections, trouble, current: watch::Sender::new(Some(pool)) });
        let over = CancellationToken::new();
        tokio::spawn(follow(Arc::clone(&shared), (at, session), over.clone()));
        Ok(Self { shared, over: over.drop_guard() })
    }

    /// Begins a transaction at the primary, waiting for one while there is none.
    pub(in crate::db) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.ask(|pool| pool.begin()).await
    }

    /// Asks the primary what may be asked twice: again at its successor if it is lost meanwhile, and once more if it was
    /// only the connection. A future that is dropped for that was using a connection of a closed pool, which is used for
    /// nothing else, so it cannot leave anything behind in it.
    pub(in crate::db) async fn ask<T>(
        &self,
        ask: impl for<'a> Fn(&'a DatabaseConnection) -> BoxFuture<'a, Result<T, DbErr>> + Send + Sync,
    ) -> Result<T, DbErr> {
        let mut is_first = true;
        loop {
            let connection = self.current().await?;
            let pool = connection.get_postgres_connection_pool();
            match pool.close_event().do_until(ask(&connection)).await {
                Err(_closed) => {}
                Ok(Err(_)) if pool.is_closed() => {}
                Ok(Err(error)) if is_broken_connection(&error) => {
                    self.shared.trouble.note();
                    if !is_first {
                        return Err(error);
                    }
                    is_first = false;
                }
                Ok(answer) => return answer,
            }
        }
    }

    /// Does `work` for as long as the primary that there is now stays the primary.
    pub(in crate::db) async fn while_it_lasts<T, E: From<DbErr>>(
        &self,
        work: BoxFuture<'_, Result<T, E>>,
    ) -> Result<T, E> {
        let connection = self.current().await?;
        until_lost(&connection, work).await
    }

    /// Whether the primary answers now.
    pub(in crate::db) async fn ping(&self) -> Result<(), DbErr> {
        let connection = self.shared.current.borrow().clone().ok_or_else(no_primary)?;
        until_lost(&connection, connection.ping()).await
    }

    /// Connections to the primary, as soon as there is one.
    ///
    /// # Errors
    /// When none is found in time.
    pub(in crate::db) async fn current(&self) -> Result<DatabaseConnection, DbErr> {
        let mut news = self.shared.current.subscribe();
        let found = timeout(ACQUIRE, news.wait_for(Option::is_some)).await;
        let found = found.ok().and_then(Result::ok).and_then(|current| current.clone());
        found.ok_or_else(no_primary)
    }

    /// Ends the watch and closes every connection once it is given back.
    pub(in crate::db) async fn close(&self) {
        self.over.token().cancel();
        if let Some(connection) = self.shared.current.send_replace(None) {
            connection.get_postgres_connection_pool().close().await;
        }
    }
}

async fn until_lost<T, E: From<DbErr>>(
    connection: &DatabaseConnection,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut lost = connection.get_postgres_connection_pool().close_event();
    lost.do_until(work).await.unwrap_or_else(|_| Err(no_primary().into()))
}

fn no_primary() -> DbErr {
    unreachable("no server takes writes at the moment".to_owned())
}

fn unreachable(reason: String) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(reason))
}

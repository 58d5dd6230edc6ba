use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::prelude::async_trait;

use super::postgres::Primary;

/// For statements that only read: a reader of SQLite, or whichever PostgreSQL takes writes at the moment.
#[derive(Debug, Clone)]
pub struct Reader(pub(super) Source);

/// Where connections come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A file.
    Sqlite(DatabaseConnection),
    /// Servers of which one takes writes.
    Postgres(Arc<Primary>),
}

impl Source {
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        match self {
            Self::Sqlite(writer) => {
                let options = TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                writer.begin_with_options(options).await
            }
            Self::Postgres(primary) => primary.begin().await,
        }
    }

    /// Connections that stay with their server, for what is over soon.
    pub(super) async fn current(&self) -> Result<DatabaseConnection, DbErr> {
        match self {
            Self::Sqlite(connection) => Ok(connection.clone()),
            Self::Postgres(primary) => primary.current().await,
        }
    }

    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(connection) => connection.ping().await,
            Self::Postgres(primary) => primary.ping().await,
        }
    }

    pub(super) async fn close(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(primary) => {
                primary.close().await;
                Ok(())
            }
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Source::Sqlite(_) => DbBackend::Sqlite,
            Source::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.current().await?.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.current().await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Source::Sqlite(connection) => connection.query_one_raw(statement).await,
            Source::Postgres(primary) => primary.ask(|pool| pool.query_one_raw(statement.clone())).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Source::Sqlite(connection) => connection.query_all_raw(statement).await,
            Source::Postgres(primary) => primary.ask(|pool| pool.query_all_raw(statement.clone())).await,
        }
    }
}

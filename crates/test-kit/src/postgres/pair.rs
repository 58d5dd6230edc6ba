use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::task::spawn_blocking;

use super::Server;
use crate::wait_until;

/// A copy of an empty database is made and caught up in a second or two.
const DEADLINE: Duration = Duration::from_secs(60);

/// Whether each of the standby's servers has what was committed so far, and is one the primary waits for.
const IS_SYNCHRONOUS: &str = "SELECT count(*) = 1 FROM pg_stat_replication
    WHERE sync_state = 'sync' AND replay_lsn >= pg_current_wal_lsn()";

/// Two servers of one database: a primary that acknowledges a commit once its standby has it, too, and that standby.
#[derive(Debug)]
pub struct Pair {
    primary: Server,
    standby: Option<Server>,
}

/// How a primary ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is killed, and its connections break.
    Crash,
    /// It hangs, and its connections stay open in silence.
    Freeze,
}

impl Pair {
    /// A primary with a database `lendery`, and its standby. Takes a few seconds.
    pub async fn start() -> Self {
        let primary = start(vec!["synchronous_commit=on".to_owned()]).await;
        execute(primary.url(), "CREATE DATABASE lendery TEMPLATE template0").await;
        let mut pair = Self { primary, standby: None };
        pair.add_standby(None).await;
        pair
    }

    /// The URL of the database with both servers, in an order that stays the same for as long as both are up.
    pub fn url(&self) -> String {
        let mut places = [&self.primary].into_iter().chain(&self.standby).map(place).collect::<Vec<_>>();
        places.sort_unstable();
        let (user, _) = self.primary.url().rsplit_once('@').expect("the URL of a server names its user");
        format!("{user}@{}/lendery?target_session_attrs=read-write", places.join(","))
    }

    /// The URL of the database on the server that is the primary now.
    pub fn primary_url(&self) -> String {
        let (server, _) = self.primary.url().rsplit_once('/').expect("the URL of a server names a database");
        format!("{server}/lendery")
    }

    /// Ends the primary and promotes the standby, which goes on alone; answers the old server, to be dropped when its end is
    /// no longer of interest.
    pub async fn fail_over(&mut self, end: End) -> Server {
        match end {
            End::Crash => self.primary.crash(),
            End::Freeze => self.primary.freeze(),
        }
        self.promote().await
    }

    /// Promotes the standby beside a primary that goes on. Without it nobody acknowledges the old one's commits any more.
    pub async fn promote(&mut self) -> Server {
        let standby = self.standby.take().expect("a standby to promote");
        execute(standby.url(), "SELECT pg_promote()").await;
        std::mem::replace(&mut self.primary, standby)
    }

    /// Makes the place of `old`, which is dropped, a standby of the primary, and returns once commits wait for it.
    pub async fn rebuild(&mut self, old: Server) {
        let port = place(&old).rsplit_once(':').map(|(_, port)| port.to_owned());
        spawn_blocking(move || drop(old)).await.expect("a server ends");
        self.add_standby(port).await;
    }

    /// From now on the primary acknowledges commits that only it has, and its standby learns nothing more.
    pub async fn part(&self) {
        execute(self.primary.url(), "ALTER SYSTEM SET synchronous_standby_names = ''").await;
        execute(self.primary.url(), "SELECT pg_reload_conf()").await;
        let standby = self.standby.as_ref().expect("a standby");
        execute(standby.url(), "ALTER SYSTEM SET primary_conninfo = ''").await;
        execute(standby.url(), "SELECT pg_reload_conf()").await;
        let alone = "SELECT count(*) = 0 FROM pg_stat_replication";
        wait_until("a standby that is gone", DEADLINE, async || is(self.primary.url(), alone).await).await;
    }

    /// The primary goes on running and refuses to write, as a demoted one does.
    pub async fn demote(&self) {
        execute(self.primary.url(), "ALTER SYSTEM SET default_transaction_read_only = on").await;
        execute(self.primary.url(), "SELECT pg_reload_conf()").await;
    }

    async fn add_standby(&mut self, port: Option<String>) {
        let mut settings = vec![format!("--standby-of={}", self.primary.url())];
        settings.extend(port.map(|port| format!("--port={port}")));
        settings.push("synchronous_commit=on".to_owned());
        self.standby = Some(start(settings).await);
        execute(self.primary.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        execute(self.primary.url(), "SELECT pg_reload_conf()").await;
        let url = self.primary.url();
        wait_until("a synchronous standby", DEADLINE, async || is(url, IS_SYNCHRONOUS).await).await;
    }
}

async fn start(settings: Vec<String>) -> Server {
    let start = move || Server::start(&settings.iter().map(String::as_str).collect::<Vec<_>>());
    spawn_blocking(start).await.expect("a server starts")
}

/// Host and port.
fn place(server: &Server) -> &str {
    let (_, place) = server.url().rsplit_once('@').expect("the URL of a server names its user");
    place.trim_end_matches("/postgres")
}

async fn execute(url: &str, statement: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    connection.execute(AssertSqlSafe(statement)).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    connection.close().await.expect("the server answers");
}

async fn is(url: &str, question: &'static str) -> bool {
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    sqlx::query_scalar(question).fetch_one(&mut connection).await.expect("an answer")
}

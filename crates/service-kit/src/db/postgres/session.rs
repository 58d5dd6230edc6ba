use std::io;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, ConnectOptions, Executor, Row};
use tokio::time::timeout;

use super::address::{Address, Host};

/// How long a server may take to accept a session, and how long to say whether it takes writes. One that hangs, or is behind
/// a network that drops everything, says nothing at all.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Why no server of an address has taken a session that may write.
#[derive(Debug)]
pub(super) struct NoPrimary {
    /// Each server with its reason.
    pub(super) reasons: String,
    /// Whether one of them may a little later.
    pub(super) is_passing: bool,
}

/// Whether the session's server takes writes now: a standby, and one that was told to refuse them, says `on`.
pub(super) async fn takes_writes(session: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let answer = async {
        let row = session.fetch_one("SHOW transaction_read_only").await?;
        row.try_get::<String, _>(0).map(|read_only| read_only == "off")
    };
    in_time(answer).await
}

/// The first server that takes writes, in the order of the address but beginning with the one at `first`.
pub(super) async fn find_primary(address: &Address, first: usize) -> Result<(usize, PgConnection), NoPrimary> {
    let (mut reasons, mut is_passing) = (Vec::new(), false);
    for turn in 0..address.hosts.len() {
        let at = (first + turn) % address.hosts.len();
        let host = &address.hosts[at];
        match connect(host).await {
            Ok(session) => return Ok((at, session)),
            Err(error) => {
                is_passing |= may_pass(&error);
                reasons.push(format!("{}: {error}", host.name));
            }
        }
    }
    Err(NoPrimary { reasons: reasons.join("; "), is_passing })
}

/// What is said of a server that refuses writes.
pub(super) fn read_only() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::ConnectionRefused, "it takes no writes at the moment"))
}

async fn connect(host: &Host) -> Result<PgConnection, sqlx::Error> {
    let mut session = in_time(host.options.connect()).await?;
    if takes_writes(&mut session).await? { Ok(session) } else { Err(read_only()) }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let late = || sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
    timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(late()))
}

/// Whether a server is just starting, changing its role or away, rather than refusing this address for good.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut),
        // Starting, shutting down, out of connections.
        sqlx::Error::Database(refusal) => {
            refusal.code().is_some_and(|code| ["57P01", "57P03", "53300"].contains(&&*code))
        }
        _ => false,
    }
}

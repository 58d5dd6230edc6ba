use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use service_kit::clock::Clock;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};

/// A server that is well answers at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a database says of itself.
pub(super) struct Database {
    pub(super) text: String,
    /// How far this machine's clock is ahead of the server's.
    pub(super) ahead: TimeDelta,
    /// Whether its service has started on it before.
    pub(super) has_tables: bool,
}

/// Asks a database of PostgreSQL how it is; of several hosts one has to take writes. The error says what is wrong and what helps.
pub(super) async fn ask(url: &str) -> Result<Database, String> {
    let mut wrong = Vec::new();
    for url in of_each_host(url) {
        match ask_one(&url).await {
            Ok(found) => return Ok(found),
            Err(reason) => wrong.push(reason),
        }
    }
    Err(wrong.join("; "))
}

/// The address with one host after another of its list, `host1:5432,host2:5432`.
fn of_each_host(url: &str) -> Vec<String> {
    let start = url.rfind('@').map_or_else(|| url.find("://").map_or(0, |colon| colon + 3), |at| at + 1);
    let (front, rest) = url.split_at(start);
    let (hosts, database) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    hosts.split(',').map(|host| format!("{front}{host}{database}")).collect()
}

async fn ask_one(url: &str) -> Result<Database, String> {
    let options = PgConnectOptions::from_str(url).ok().filter(|_| url.starts_with("postgres"));
    let options = options.ok_or("the address is not understood; it is postgres://user:password@host/database")?;
    let place = format!("{}:{}", options.get_host(), options.get_port());
    let options = options.disable_statement_logging();
    let mut connection = match tokio::time::timeout(PATIENCE, options.connect()).await {
        Ok(connected) => connected.map_err(|error| refused(&place, &error))?,
        Err(_elapsed) => return Err(format!("{place} accepts no connection; is PostgreSQL there, and the network?")),
    };
    match tokio::time::timeout(PATIENCE, look(&mut connection, &place)).await {
        Ok(found) => found,
        Err(_elapsed) => Err(format!("{place} accepts connections and does not answer; look at its load and its log")),
    }
}

async fn look(connection: &mut PgConnection, place: &str) -> Result<Database, String> {
    let failed = |error: sqlx::Error| format!("{place} failed: {error}");
    let asked = Clock::system().now();
    let sql = "SELECT clock_timestamp(), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
               to_regclass('seaql_migrations') IS NOT NULL";
    let (there, is_standby, is_read_only, has_tables): (DateTime<Utc>, bool, bool, bool) =
        sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
    let ahead = asked - there;
    if is_standby || is_read_only {
        return Err(format!(
            "{place} takes no writes, as a standby does; name the primary, or all hosts of the cluster"
        ));
    }
    if !has_tables {
        return Ok(Database { text: format!("{place} takes writes"), ahead, has_tables });
    }
    let sql = "SELECT count(*), count(*) FILTER (WHERE version LIKE 'unfinished%') FROM seaql_migrations";
    let (applied, unfinished): (i64, i64) = sqlx::query_as(sql).fetch_one(connection).await.map_err(failed)?;
    if unfinished > 0 {
        return Err("a move into it is unfinished; run the same `lendery migrate-db` again".to_owned());
    }
    Ok(Database { text: format!("{place} takes writes, {applied} migrations"), ahead, has_tables })
}

/// What PostgreSQL means (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn refused(place: &str, error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(DatabaseError::code);
    match code.as_deref() {
        Some("28P01" | "28000") => format!("{place} refuses the user or the password; correct them in the address"),
        Some("3D000") => format!("{place} has no such database; deploy/postgres/databases.sh makes those there are"),
        Some("53300") => format!("{place} has no connection left; raise max_connections or run fewer instances"),
        _ => format!("nobody answers at {place} ({error}); start PostgreSQL there, or correct the address"),
    }
}

#[cfg(test)]
mod tests {
    use super::of_each_host;

    #[test]
    fn each_host_of_a_list_is_asked() {
        let list = of_each_host("postgres://me:se/cr,et@one:1,two/users?x=y");
        assert_eq!(list, ["postgres://me:se/cr,et@one:1/users?x=y", "postgres://me:se/cr,et@two/users?x=y"]);
        assert_eq!(of_each_host("postgres://one/users"), ["postgres://one/users"]);
    }
}

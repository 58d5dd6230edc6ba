use std::fmt;
use std::str::FromStr;

use sea_orm::sqlx::ConnectOptions;
use sea_orm::sqlx::postgres::PgConnectOptions;

/// A database and the servers that may have it, parsed from
/// `postgres://user:password@host1:5432,host2:5432/database?target_session_attrs=read-write`, the form of libpq.
#[derive(Debug, Clone)]
pub(in crate::db) struct Address {
    /// At least one.
    pub(super) hosts: Vec<Host>,
    place: String,
}

/// One of the servers.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) options: PgConnectOptions,
}

impl Address {
    /// None for what is no such address, and for sessions of another kind than one that may write.
    pub(in crate::db) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return None;
        }
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = for_one_server(query)?;
        let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
        let at = if user.is_empty() { "" } else { "@" };
        let is_list = hosts.contains(',');
        let parse = |name: &str| {
            let options = PgConnectOptions::from_str(&format!("{scheme}://{user}{at}{name}{path}{query}")).ok()?;
            let is_named = !is_list || !name.is_empty();
            is_named.then(|| Host { name: name.to_owned(), options: options.disable_statement_logging() })
        };
        let servers = hosts.split(',').map(parse).collect::<Option<Vec<_>>>()?;
        Some(Self { hosts: servers, place: format!("{hosts}{path}") })
    }

    /// The servers and the database, without who connects.
    pub(in crate::db) fn place(&self) -> &str {
        &self.place
    }
}

/// The query without `target_session_attrs`, which sqlx does not know; None if that asks for sessions that need not write.
fn for_one_server(query: &str) -> Option<String> {
    let (ours, kept): (Vec<_>, Vec<_>) =
        query.split('&').filter(|pair| !pair.is_empty()).partition(|pair| pair.starts_with("target_session_attrs="));
    let is_writing = |pair: &&str| matches!(pair.split_once('='), Some((_, "read-write" | "primary")));
    let question = if kept.is_empty() { "" } else { "?" };
    ours.iter().all(is_writing).then(|| format!("{question}{}", kept.join("&")))
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(address: &Address) -> Vec<(&str, u16)> {
        address.hosts.iter().map(|host| (host.options.get_host(), host.options.get_port())).collect()
    }

    #[test]
    fn hosts_stand_in_a_list_and_share_everything_else() {
        let url =
            "postgres://orders:h,s%40h@one:5433,two,[::1]:5434/orders?target_session_attrs=read-write&sslmode=require";
        let address = Address::parse(url).unwrap();
        assert_eq!(hosts(&address), [("one", 5433), ("two", 5432), ("[::1]", 5434)]);
        for host in &address.hosts {
            assert_eq!(host.options.get_username(), "orders");
            assert_eq!(host.options.get_database(), Some("orders"));
        }
        assert_eq!(address.place(), "one:5433,two,[::1]:5434/orders");
        assert!(!format!("{address:?}").contains("h,s"), "{address:?}");
    }

    #[test]
    fn one_host_is_a_list_of_one() {
        let address = Address::parse("postgresql://orders@db/orders").unwrap();
        assert_eq!(hosts(&address), [("db", 5432)]);
    }

    #[test]
    fn what_names_no_server_that_writes_is_refused() {
        for url in [
            "mysql://db/orders",
            "db/orders",
            "postgres://one,,two/orders",
            "postgres://one,two:port/orders",
            "postgres://one,two/orders?target_session_attrs=any",
            "postgres://one,two/orders?target_session_attrs=standby",
        ] {
            assert!(Address::parse(url).is_none(), "{url}");
        }
    }
}

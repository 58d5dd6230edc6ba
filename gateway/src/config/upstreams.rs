use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::list::{items, list_or_line};

/// The services by name.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Upstreams(pub BTreeMap<String, UpstreamConfig>);

/// One service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// Its instances: `http://host:port`, several of them as a list or with commas between. Behind a name every address is an
    /// instance; `http+srv://_http._tcp.name` stands for what an SRV record says.
    #[serde(deserialize_with = "line")]
    pub url: String,
    /// What an instance is asked to learn whether it takes calls, every second where there are several; default `/readyz`,
    /// nothing turns it off. Only a 5xx or no answer mean no.
    #[serde(default = "ready_path")]
    pub ready_path: String,
    /// The port where it is asked; default: the one that calls go to.
    #[serde(default)]
    pub ready_port: Option<u16>,
    /// `address:port` of the DNS server that knows its names; default: what the system asks.
    #[serde(default)]
    pub nameserver: Option<SocketAddr>,
    /// For one attempt, from the request's last byte to the answer's headers, ms; default 4,000.
    #[serde(default = "attempt_ms")]
    pub attempt_ms: u64,
    /// Further attempts for what is safe to repeat; default 1, 0 turns them off.
    #[serde(default = "retries")]
    pub retries: u32,
    /// Whether a circuit breaker guards it; default yes.
    #[serde(default = "breaker")]
    pub breaker: bool,
    /// Whether its `/openapi.json` is part of the reference; default yes.
    #[serde(default = "documented")]
    pub documented: bool,
}

impl UpstreamConfig {
    /// A service at this address, everything else as by default.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ready_path: ready_path(),
            ready_port: None,
            nameserver: None,
            attempt_ms: attempt_ms(),
            retries: retries(),
            breaker: breaker(),
            documented: documented(),
        }
    }
}

impl<N: Into<String>, U: Into<String>> FromIterator<(N, U)> for Upstreams {
    fn from_iter<T: IntoIterator<Item = (N, U)>>(pairs: T) -> Self {
        Self(pairs.into_iter().map(|(name, url)| (name.into(), UpstreamConfig::at(url))).collect())
    }
}

impl<'de> Deserialize<'de> for Upstreams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TableOrLine)
    }
}

struct TableOrLine;

impl<'de> Visitor<'de> for TableOrLine {
    type Value = Upstreams;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of upstreams, or one text such as `users=http://host:port,inventory=http://host:port`")
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<Self::Value, E> {
        let pairs = pairs(line).map_err(E::custom)?;
        Ok(pairs.into_iter().map(|(name, urls)| (name, urls.join(","))).collect())
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(table)).map(Upstreams)
    }
}

/// Names with their addresses. What has no name of its own is another instance of what stands before it.
fn pairs(line: &str) -> Result<Vec<(&str, Vec<&str>)>, String> {
    let mut pairs: Vec<(&str, Vec<&str>)> = Vec::new();
    for item in items(line) {
        let is_known = |name: &str| pairs.iter().any(|(known, _)| *known == name);
        if let Some((name, _)) = item.split_once('=').filter(|(name, _)| is_known(name)) {
            return Err(format!(
                "`{name}` is there twice; write all its addresses after one name, with commas between"
            ));
        }
        match (item.split_once('='), pairs.last_mut()) {
            (Some((name, url)), _) => pairs.push((name, vec![url])),
            (None, Some((_, urls))) => urls.push(item),
            (None, None) => return Err(format!("`{item}` is not name=http://host:port")),
        }
    }
    Ok(pairs)
}

/// Addresses as one line, however they are written.
fn line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    list_or_line(deserializer).map(|addresses| addresses.join(","))
}

fn ready_path() -> String {
    "/readyz".to_owned()
}

const fn attempt_ms() -> u64 {
    4_000
}

const fn retries() -> u32 {
    1
}

const fn breaker() -> bool {
    true
}

const fn documented() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use service_kit::config::{Variables, load};

    #[test]
    fn an_upstream_may_have_several_instances() {
        let line = "users=http://u:1,http://u:2, inventory=http+srv://_http._tcp.inventory";
        let variables = Variables::from([("LENDERY_GATEWAY_UPSTREAMS", line)]);
        let config: Config = load(None, "LENDERY_GATEWAY", &variables).unwrap().settings;
        assert_eq!(config.mistakes(), Vec::new());
        assert_eq!(config.upstreams.0["users"].to_peer_settings("users").unwrap().also.len(), 1);

        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gateway.toml");
        let text = "[upstreams.users]\nurl = [\"http://u:1\", \"http://u:2\"]\nready_port = 9101\n\
                    [upstreams.inventory]\nurl = \"http://i:1\"\nready_path = \"\"\n";
        std::fs::write(&file, text).unwrap();
        let config: Config = load(Some(&file), "LENDERY_GATEWAY", &Variables::default()).unwrap().settings;
        let settings = |name: &str| config.upstreams.0[name].to_peer_settings(name).unwrap();
        assert_eq!(settings("users").balance.check.unwrap().port, Some(9101));
        assert_eq!((settings("users").also.len(), settings("inventory").balance.check), (1, None));

        let nameless = Variables::from([("LENDERY_GATEWAY_UPSTREAMS", "http://u:1")]);
        let error = load::<Config>(None, "LENDERY_GATEWAY", &nameless).unwrap_err().to_string();
        assert!(error.contains("LENDERY_GATEWAY_UPSTREAMS") && error.contains("name=http://host:port"), "{error}");
    }
}

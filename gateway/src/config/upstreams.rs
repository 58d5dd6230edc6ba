use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::list::items;

/// The services by name.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Upstreams(pub BTreeMap<String, UpstreamConfig>);

/// One service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// `http://host:port`.
    pub url: String,
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
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Table(BTreeMap<String, UpstreamConfig>),
            Line(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Table(table) => Ok(Self(table)),
            Form::Line(line) => {
                let pairs = items(&line).map(|pair| {
                    let parts = pair.split_once('=');
                    parts.ok_or_else(|| D::Error::custom(format!("`{pair}` is not name=http://host:port")))
                });
                pairs.collect()
            }
        }
    }
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

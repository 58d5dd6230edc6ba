use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use crate::Credential;
use crate::balance::BalanceSettings;
use crate::breaker::BreakerSettings;
use crate::discovery::{self, Source};

/// How to call one upstream. [`PeerSettings::new`] gives the house's defaults.
#[derive(Clone, Debug)]
pub struct PeerSettings {
    /// What errors, logs and `/ops/breakers` call the upstream.
    pub name: String,
    /// Where it is: `http://host:port` without a path, or `http+srv://_service._proto.name` for what an SRV record (RFC 2782)
    /// says. Behind a name there may be many instances, see [`crate::Peer::watch`].
    pub base: Url,
    /// Further instances, written like `base`.
    pub also: Vec<Url>,
    /// Whom to ask about names; default: what the system asks.
    pub nameserver: Option<SocketAddr>,
    /// Sent as `Authorization` with every call, over what the request says.
    pub credential: Option<Credential>,
    /// From the request's last byte to the answer's headers, in one attempt.
    pub attempt_timeout: Duration,
    /// Between two pieces of an answer's body.
    pub body_idle_timeout: Duration,
    pub retry: RetrySettings,
    pub breaker: BreakerSettings,
    pub balance: BalanceSettings,
}

impl PeerSettings {
    const LONGEST: Duration = Duration::from_hours(24);

    /// Defaults for a service on the same network: 2 s for an attempt, so that one retry still fits into the few seconds a
    /// person waits; 30 s between two pieces of a body, twice the usual keep-alive of an event stream.
    pub fn new(name: impl Into<String>, base: Url) -> Self {
        Self {
            name: name.into(),
            base,
            also: Vec::new(),
            nameserver: None,
            credential: None,
            attempt_timeout: Duration::from_secs(2),
            body_idle_timeout: Duration::from_secs(30),
            retry: RetrySettings::default(),
            breaker: BreakerSettings::default(),
            balance: BalanceSettings::default(),
        }
    }

    /// The defaults for one or more instances as people write them: addresses with commas between.
    ///
    /// # Errors
    /// When there is none, or one that cannot be used; the text names it and says how it should look.
    pub fn parse(name: impl Into<String>, addresses: &str) -> Result<Self, InvalidSettings> {
        let name = name.into();
        let texts = addresses.split(',').map(str::trim).filter(|text| !text.is_empty());
        let urls: Result<Vec<Url>, String> = texts.map(discovery::parse).collect();
        let mut urls = urls.map_err(|reason| InvalidSettings::new(&name, reason))?.into_iter();
        let base = urls.next().ok_or_else(|| InvalidSettings::new(&name, discovery::EXAMPLE))?;
        Ok(Self { also: urls.collect(), ..Self::new(name, base) })
    }

    /// Where the instances are to be found.
    pub(crate) fn sources(&self) -> Result<Vec<Source>, InvalidSettings> {
        let urls = std::iter::once(&self.base).chain(&self.also);
        let unusable = |url: &Url| InvalidSettings::new(&self.name, discovery::unusable(url.as_str()));
        urls.map(|url| Source::of(url).ok_or_else(|| unusable(url))).collect()
    }

    pub(crate) fn check(&self) -> Result<(), InvalidSettings> {
        self.balance.check(&self.name)?;
        if self.attempt_timeout.is_zero() || self.body_idle_timeout.is_zero() {
            return Err(InvalidSettings::new(&self.name, "timeouts must be longer than zero"));
        }
        if self.attempt_timeout.max(self.body_idle_timeout).max(self.retry.pause) > Self::LONGEST {
            return Err(InvalidSettings::new(&self.name, "timeouts must not be longer than a day"));
        }
        if self.breaker.probe_deadline <= self.attempt_timeout {
            return Err(InvalidSettings::new(&self.name, "probe_deadline must be longer than attempt_timeout"));
        }
        if self.retry.budget_percent > RetrySettings::MOST_PERCENT {
            return Err(InvalidSettings::new(&self.name, "budget_percent must be at most 20"));
        }
        Ok(())
    }
}

/// When a failed attempt is repeated. Only idempotent calls with a replayable body are, and only before anything of the
/// answer was passed on.
#[derive(Clone, Copy, Debug)]
pub struct RetrySettings {
    /// Retries of one call; 0 turns retries off.
    pub max_retries: u32,
    /// Retries for each hundred calls, over time; at most 20, so that retries never double the load of an outage.
    pub budget_percent: u32,
    /// The wait before a retry, give or take a half.
    pub pause: Duration,
}

impl RetrySettings {
    pub(crate) const MOST_PERCENT: u32 = 20;
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { max_retries: 1, budget_percent: Self::MOST_PERCENT, pause: Duration::from_millis(20) }
    }
}

/// Settings that contradict themselves.
#[derive(Debug, thiserror::Error)]
#[error("upstream {name}: {reason}")]
pub struct InvalidSettings {
    name: String,
    reason: String,
}

impl InvalidSettings {
    pub(crate) fn new(name: &str, reason: impl Into<String>) -> Self {
        Self { name: name.to_owned(), reason: reason.into() }
    }

    /// What is wrong, without the upstream's name.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

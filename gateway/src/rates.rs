//! How much of the services' work one client may ask for. What comes from memory costs them nothing and is not counted.

mod shared;

use std::fmt::Write;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::Shared;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use problem::{Kind, Problem};
use service_kit::clock::Clock as HouseClock;
use sha2::{Digest, Sha256};
use shared::Together;
use tokio_util::sync::CancellationToken;

/// The fields of draft-ietf-httpapi-ratelimit-headers-10.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Clients that one limit remembers. Whoever asks often stays when there are more; names that are made up for one request go.
const MOST: usize = 100_000;

type Limiter<K> = RateLimiter<K, Remembered<K>, DefaultClock, StateInformationMiddleware>;

/// What is known of clients, in bounded memory.
#[derive(Debug)]
struct Remembered<K: Client>(quick_cache::sync::Cache<K, Arc<InMemoryState>>);

/// One limit: so many requests at once, refilled evenly over a minute (the generic cell rate algorithm).
#[derive(Debug)]
struct Limit<K: Client> {
    policy: &'static str,
    per_minute: NonZeroU32,
    limiter: Limiter<K>,
}

/// The limits of a gateway, none by default.
#[derive(Debug)]
pub(crate) struct Rates {
    by_address: Option<Limit<IpAddr>>,
    by_token: Option<Limit<TokenHash>>,
    /// Counts of all gateways, where there is a Redis Cluster for them.
    together: Option<Together>,
}

/// By what a token is counted. It is the same in every gateway, and nobody who reads it has the token.
type TokenHash = [u8; 16];

/// What is left for a client, to be told with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    policy: &'static str,
    per_minute: u32,
    requests: u32,
}

impl Rates {
    /// Requests a minute from one address and with one token; 0 means any number. With `together`, a clock, limits are those
    /// of all gateways that [`share`](Self::share) their counts.
    pub(crate) fn new(per_address: u32, per_token: u32, together: Option<HouseClock>) -> Self {
        Self {
            by_address: Limit::new("address", per_address),
            by_token: Limit::new("token", per_token),
            together: together.map(Together::new),
        }
    }

    /// Counts a request, and says what is left of the tightest limit.
    ///
    /// # Errors
    /// 429 with the time to wait when there is nothing left.
    pub(crate) fn admit(&self, client: IpAddr, headers: &HeaderMap) -> Result<Option<Left>, Problem> {
        let together = self.together.as_ref();
        let of_address = self.by_address.as_ref().map(|limit| limit.take(&network(client), together)).transpose()?;
        let token = headers.get(header::AUTHORIZATION).map(|value| token_hash(value.as_bytes()));
        let limit = self.by_token.as_ref().zip(token);
        let of_token = limit.map(|(limit, token)| limit.take(&token, together)).transpose()?;
        Ok(of_address.into_iter().chain(of_token).min_by_key(|left| left.requests))
    }

    /// Keeps the counts of all gateways together, until `shutdown`.
    pub(crate) async fn share(self: Arc<Self>, shared: Arc<Shared>, shutdown: CancellationToken) {
        if let Some(together) = self.together.as_ref().filter(|_| self.by_address.is_some() || self.by_token.is_some())
        {
            shutdown.run_until_cancelled(together.keep_telling(shared.shelf())).await;
        }
    }
}

impl<K: Client> StateStore for Remembered<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, client: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let known = self.0.get(client).unwrap_or_else(|| {
            let new = Arc::new(InMemoryState::default());
            self.0.insert(client.clone(), Arc::clone(&new));
            new
        });
        known.measure_and_replace(&NotKeyed::NonKey, decide)
    }
}

impl<K: Client> Limit<K> {
    fn new(policy: &'static str, per_minute: u32) -> Option<Self> {
        let per_minute = NonZeroU32::new(per_minute)?;
        let clients = Remembered(quick_cache::sync::Cache::new(MOST));
        let limiter = Limiter::new(Quota::per_minute(per_minute), clients, DefaultClock::default());
        Some(Self { policy, per_minute, limiter })
    }

    fn take(&self, key: &K, together: Option<&Together>) -> Result<Left, Problem> {
        let left = |requests| Left { policy: self.policy, per_minute: self.per_minute.get(), requests };
        let here = self.limiter.check_key(key);
        let here = here.map_err(|not_until| not_until.wait_time_from(self.limiter.clock().now()));
        let everywhere = here.and_then(|here| {
            let of_all = together.map(|all| all.take(&key.name(self.policy), self.per_minute.get())).transpose()?;
            Ok(here.remaining_burst_capacity().min(of_all.unwrap_or(u32::MAX)))
        });
        everywhere.map(left).map_err(|wait| {
            let detail = format!("More than {} requests a minute came from this {}.", self.per_minute, self.policy);
            let refusal = Problem::because(Kind::TooManyRequests, detail).retry_after(wait);
            let headers = left(0).headers(wait);
            headers.into_iter().fold(refusal, |refusal, (name, value)| refusal.with_header(name, value))
        })
    }
}

/// Who is counted.
trait Client: std::hash::Hash + Eq + Clone {
    /// By what all gateways know it.
    fn name(&self, policy: &str) -> String;
}

impl Client for IpAddr {
    fn name(&self, policy: &str) -> String {
        format!("{policy}:{self}")
    }
}

impl Client for TokenHash {
    fn name(&self, policy: &str) -> String {
        self.iter().fold(format!("{policy}:"), |mut name, byte| {
            // Writing into a string never fails.
            let _ok = write!(name, "{byte:02x}");
            name
        })
    }
}

fn token_hash(token: &[u8]) -> TokenHash {
    let mut hash = TokenHash::default();
    let length = hash.len();
    hash.copy_from_slice(&Sha256::digest(token)[..length]);
    hash
}

impl Left {
    /// The quota, and what is left of it for how long.
    pub(crate) fn headers(self, wait: Duration) -> [(HeaderName, HeaderValue); 2] {
        let Self { policy, per_minute, requests } = self;
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let value = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        [
            (RATE_LIMIT_POLICY, value(format!("\"{policy}\";q={per_minute};w=60"))),
            (RATE_LIMIT, value(format!("\"{policy}\";r={requests};t={seconds}"))),
        ]
    }

    /// When the quota is whole again if nothing more is asked for.
    pub(crate) fn whole_in(self) -> Duration {
        let taken = f64::from(self.per_minute - self.requests.min(self.per_minute));
        Duration::from_secs_f64(60.0 * taken / f64::from(self.per_minute))
    }
}

/// The part of an address that is one client's: an IPv6 client usually has a whole /64 to itself (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearing(token: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(token))])
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_asks_too_much_is_told_when_to_come_back_and_nobody_else_is() {
        let rates = Rates::new(3, 0, None);
        for left in [2, 1, 0] {
            let admitted = rates.admit(address("192.0.2.1"), &HeaderMap::new()).unwrap().unwrap();
            assert_eq!(admitted.requests, left);
        }
        let refusal = rates.admit(address("192.0.2.1"), &HeaderMap::new()).unwrap_err();
        assert_eq!(refusal.kind(), Kind::TooManyRequests);
        assert_eq!(refusal.headers()[RATE_LIMIT_POLICY], "\"address\";q=3;w=60");
        assert_eq!(refusal.headers()[RATE_LIMIT], "\"address\";r=0;t=20");
        assert_eq!(refusal.headers()[header::RETRY_AFTER], "20");
        assert!(rates.admit(address("192.0.2.2"), &HeaderMap::new()).is_ok());
    }

    #[test]
    fn a_token_has_a_limit_of_its_own_wherever_it_comes_from() {
        let rates = Rates::new(10, 2, None);
        for place in ["192.0.2.1", "192.0.2.2"] {
            rates.admit(address(place), &bearing("Bearer a")).unwrap();
        }
        assert!(rates.admit(address("192.0.2.3"), &bearing("Bearer a")).is_err());
        let other = rates.admit(address("192.0.2.3"), &bearing("Bearer b")).unwrap().unwrap();
        assert_eq!((other.policy, other.requests), ("token", 1), "the tighter one is told");
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let rates = Rates::new(1, 0, None);
        rates.admit(address("2001:db8::1"), &HeaderMap::new()).unwrap();
        assert!(rates.admit(address("2001:db8::ffff:2"), &HeaderMap::new()).is_err());
        rates.admit(address("2001:db8:0:1::1"), &HeaderMap::new()).unwrap();
        rates.admit(address("::ffff:192.0.2.1"), &HeaderMap::new()).unwrap();
        assert!(rates.admit(address("192.0.2.1"), &HeaderMap::new()).is_err());
    }

    #[test]
    fn made_up_tokens_take_no_more_than_so_much_memory_and_nobodys_count() {
        let rates = Rates::new(0, 3, None);
        let asks = |token: &str| {
            let value = HeaderValue::from_str(token).unwrap();
            rates.admit(address("192.0.2.1"), &HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
        };
        let mut refused = 0;
        for number in 0..2 * MOST {
            asks(&format!("Bearer {number}")).unwrap();
            if number % 1_000 == 0 {
                refused += usize::from(asks("Bearer mine").is_err());
            }
        }
        assert!(refused > MOST / 1_000, "who asks often is remembered: {refused}");
        assert!(rates.by_token.unwrap().limiter.into_state_store().0.len() <= MOST);
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        assert_eq!(Rates::new(0, 0, None).admit(address("192.0.2.1"), &bearing("Bearer a")).unwrap(), None);
    }

    #[test]
    fn a_quota_is_whole_again_as_it_was_used() {
        let left = Left { policy: "address", per_minute: 60, requests: 45 };
        assert_eq!(left.whole_in(), Duration::from_secs(15));
    }
}

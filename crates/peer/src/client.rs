use std::time::Duration;

/// The pooled HTTP client that peers share.
pub type HttpClient = reqwest::Client;

/// Idle connections live this long: well under the 75 s of this platform's servers, so that a call does not meet a
/// connection which the server is just closing.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// More idle connections than this to one upstream are closed; a burst opens new ones.
const IDLE_CONNECTIONS_PER_UPSTREAM: usize = 64;

/// Builds the HTTP client that every [`crate::Peer`] of a process shares.
///
/// It follows no redirects and uses no proxy, for services address each other directly, and it never retries by itself:
/// retries belong to the peer, which knows the budget.
///
/// # Errors
/// When the system refuses what a client needs.
#[expect(clippy::disallowed_methods, reason = "the one place where a client is built, for peers only")]
pub fn http_client(connect_timeout: Duration) -> Result<HttpClient, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_UPSTREAM)
        .build()
}

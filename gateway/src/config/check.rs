use std::collections::BTreeSet;

use peer::PeerSettings;
use peer::balance::ReadyCheck;
use peer::breaker::BreakerSettings;
use service_kit::proxies::{NetworkError, TrustedProxies};
use std::time::Duration;
use url::Url;

use super::{Config, RouteConfig, UpstreamConfig};

/// The longest wait anybody may configure, a day.
const LONGEST_MS: u64 = 24 * 3600 * 1000;

impl Config {
    /// Every mistake in it, as sentences that name the setting and the remedy.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.routes.is_empty() {
            mistakes.push("routes: there is none, so nothing would be served".to_owned());
        }
        let tls = [self.tls_listen.is_some(), self.tls_certificate.is_some(), self.tls_key.is_some()];
        if tls.contains(&true) && tls.contains(&false) {
            mistakes.push("tls_listen, tls_certificate and tls_key: none is of use alone, set all three".to_owned());
        }
        for (name, upstream) in &self.upstreams.0 {
            mistakes.extend(upstream.mistakes().map(|mistake| format!("upstreams.{name}: {mistake}")));
        }
        mistakes.extend(self.cors_origins.iter().filter(|origin| !is_origin(origin)).map(|origin| {
            format!("cors_origins: `{origin}` is no origin; it is scheme://host or scheme://host:port, in lower case")
        }));
        mistakes.extend(
            self.redis_urls
                .iter()
                .filter(|url| !is_redis(url))
                .map(|url| format!("redis_urls: `{url}` is no address of a Redis node; write it as redis://host:port")),
        );
        mistakes.extend(self.proxies().err().map(|error| format!("trusted_proxies: {error}")));
        let mut prefixes = BTreeSet::new();
        for route in &self.routes {
            let known = self.upstreams.0.contains_key(&route.upstream);
            if route.optional && !known {
                continue;
            }
            mistakes.extend(route.mistakes(known).map(|mistake| format!("route {}: {mistake}", route.prefix)));
            if !prefixes.insert(&route.prefix) {
                mistakes.push(format!("route {}: it is there twice", route.prefix));
            }
        }
        mistakes.extend(self.limit_mistakes().map(ToOwned::to_owned));
        mistakes
    }

    /// # Errors
    /// When one of them is no network.
    pub(crate) fn proxies(&self) -> Result<TrustedProxies, NetworkError> {
        self.trusted_proxies.parse()
    }

    fn limit_mistakes(&self) -> impl Iterator<Item = &'static str> {
        let limits = &self.limits;
        let waits = [
            limits.head_deadline_ms,
            limits.body_deadline_ms,
            limits.write_stall_ms,
            limits.linger_ms,
            limits.drain_ms,
        ];
        let rules = [
            (limits.connections > 0, "limits.connections: at least 1"),
            (limits.connections_per_address > 0, "limits.connections_per_address: at least 1"),
            (limits.head_bytes >= 8192, "limits.head_bytes: at least 8192"),
            (limits.head_bytes <= 1024 * 1024, "limits.head_bytes: at most 1048576"),
            (limits.head_deadline_ms > 0, "limits.head_deadline_ms: at least 1"),
            (limits.body_deadline_ms > 0, "limits.body_deadline_ms: at least 1"),
            (limits.write_stall_ms > 0, "limits.write_stall_ms: at least 1"),
            (waits.into_iter().all(|wait| wait <= LONGEST_MS), "limits: no time may be longer than a day"),
            (self.cache.ttl_jitter_percent <= 50, "cache.ttl_jitter_percent: at most 50"),
            (self.cache.variants > 0, "cache.variants: at least 1"),
            (self.cache.entry_bytes <= self.cache.capacity_bytes, "cache.entry_bytes: at most cache.capacity_bytes"),
        ];
        rules.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| rule)
    }
}

/// Whether it is written as browsers write it (RFC 6454 §6.2), for they are compared byte by byte.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}

fn is_redis(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "redis" && url.has_host() && url.path().len() < 2)
}

impl RouteConfig {
    fn mistakes(&self, is_upstream_known: bool) -> impl Iterator<Item = String> {
        let segments = || self.prefix.split('/').skip(1);
        let is_odd = |segment: &str| matches!(segment, "." | "..") || segment.contains(['?', '#', '%', ';']);
        let upstream = &self.upstream;
        let rules = [
            (self.prefix.starts_with('/'), "the prefix has to begin with a slash".to_owned()),
            (
                self.prefix == "/" || segments().all(|s| !s.is_empty() && !is_odd(s)),
                "the prefix has to consist of plain segments, without a slash at the end".to_owned(),
            ),
            (
                segments().next() != Some("internal"),
                "/internal is for services among themselves and is never routed".to_owned(),
            ),
            (is_upstream_known, format!("its upstream `{upstream}` has no address; give it one under upstreams")),
            ((1..=LONGEST_MS).contains(&self.deadline_ms), "deadline_ms has to be from 1 to a day".to_owned()),
            (
                self.body_deadline_ms.is_none_or(|limit_ms| (1..=LONGEST_MS).contains(&limit_ms)),
                "body_deadline_ms has to be from 1 to a day".to_owned(),
            ),
        ];
        rules.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| rule)
    }
}

impl UpstreamConfig {
    fn mistakes(&self) -> impl Iterator<Item = String> {
        let settings = self.to_peer_settings("").err();
        let attempt =
            (!(1..=LONGEST_MS).contains(&self.attempt_ms)).then(|| "attempt_ms has to be from 1 to a day".to_owned());
        let has_path = self.ready_path.is_empty() || self.ready_path.starts_with('/');
        let ready = (!has_path).then(|| "ready_path has to begin with a slash, or be empty".to_owned());
        settings.into_iter().chain(attempt).chain(ready)
    }

    /// # Errors
    /// When an address is none.
    pub(crate) fn to_peer_settings(&self, name: &str) -> Result<PeerSettings, String> {
        let mut settings = PeerSettings::parse(name, &self.url).map_err(|error| error.reason().to_owned())?;
        settings.attempt_timeout = Duration::from_millis(self.attempt_ms);
        settings.retry.max_retries = self.retries;
        settings.nameserver = self.nameserver;
        let check = ReadyCheck { path: self.ready_path.clone(), port: self.ready_port, ..ReadyCheck::default() };
        settings.balance.check = (!self.ready_path.is_empty()).then_some(check);
        settings.breaker.probe_deadline = settings.breaker.probe_deadline.max(settings.attempt_timeout * 2);
        if !self.breaker {
            settings.breaker = BreakerSettings { minimum_calls: u32::MAX, streak: u32::MAX, ..settings.breaker };
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::config::{Variables, load};

    fn working() -> Config {
        let upstreams = [("users", "http://127.0.0.1:1"), ("inventory", "http://inventory:80/")].into_iter().collect();
        Config { upstreams, ..Config::default() }
    }

    #[test]
    fn the_default_needs_nothing_but_its_upstreams() {
        assert_eq!(working().mistakes(), Vec::<String>::new());
        let mistakes = Config::default().mistakes();
        assert!(mistakes.iter().all(|mistake| mistake.contains("has no address")), "{mistakes:?}");
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mut config = working();
        config.upstreams.0.insert("web".to_owned(), UpstreamConfig::at("ftp://web"));
        config.upstreams.0.insert("odd".to_owned(), UpstreamConfig::at("web:80/path"));
        config.routes.push(RouteConfig::new("/internal/v1", "users"));
        config.routes.push(RouteConfig::new("api", "nobody"));
        config.routes.push(RouteConfig::new("/api/v1/auth", "users"));
        config.routes.push(RouteConfig { deadline_ms: 0, ..RouteConfig::new("/a/../b", "users") });
        config.cors_origins = vec!["https://App.example/".to_owned(), "https://app.example:8443".to_owned()];
        config.redis_urls = vec!["redis://a:7001".to_owned(), "b:7001".to_owned()];
        config.trusted_proxies = "10.0.0.0/8, balancer".to_owned();
        config.limits.connections = 0;
        config.tls_listen = Some("0.0.0.0:8443".to_owned());
        config.cache.ttl_jitter_percent = 90;
        let mistakes = config.mistakes();
        for part in [
            "upstreams.web: `ftp://web`",
            "upstreams.odd: `web:80/path`",
            "route /internal/v1: /internal is",
            "route api: the prefix has to begin",
            "route api: its upstream `nobody`",
            "route /api/v1/auth: it is there twice",
            "route /a/../b: the prefix has to consist",
            "route /a/../b: deadline_ms",
            "cors_origins: `https://App.example/` is no origin",
            "redis_urls: `b:7001` is no address",
            "trusted_proxies: \"balancer\" is no network",
            "limits.connections: at least 1",
            "tls_listen, tls_certificate and tls_key: none is of use alone",
            "cache.ttl_jitter_percent: at most 50",
        ] {
            assert!(mistakes.iter().any(|mistake| mistake.starts_with(part)), "{part} in {mistakes:#?}");
        }
    }

    #[test]
    fn upstreams_and_hosts_may_be_given_in_variables() {
        let variables = Variables::from([
            ("LENDERY_GATEWAY_UPSTREAMS", "users=http://u:1, inventory=http://i:2"),
            ("LENDERY_GATEWAY_LISTEN", "0.0.0.0:80"),
            ("LENDERY_GATEWAY_HOSTS", "lend.example, www.lend.example"),
        ]);
        let config: Config = load(None, "LENDERY_GATEWAY", &variables).unwrap().settings;
        assert_eq!(config.upstreams.0["inventory"].url, "http://i:2");
        assert_eq!(config.listen, "0.0.0.0:80");
        assert_eq!(config.hosts, ["lend.example", "www.lend.example"]);
        assert_eq!(config.mistakes(), Vec::<String>::new());
    }

    #[test]
    fn an_upstream_may_have_several_instances() {
        let line = "users=http://u:1,http://u:2, inventory=http+srv://_http._tcp.inventory";
        let variables = Variables::from([("LENDERY_GATEWAY_UPSTREAMS", line)]);
        let config: Config = load(None, "LENDERY_GATEWAY", &variables).unwrap().settings;
        assert_eq!(config.mistakes(), Vec::<String>::new());
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

    #[test]
    fn a_file_makes_it_a_gateway_for_anything() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gateway.toml");
        let text = "[upstreams.origin]\nurl = \"http://127.0.0.1:8000\"\nbreaker = false\nretries = 0\n\
                    [[routes]]\nprefix = \"/\"\nupstream = \"origin\"\ncache = true\n[cache]\nnegative_ttl_s = 3600\n";
        std::fs::write(&file, text).unwrap();
        let config: Config = load(Some(&file), "LENDERY_GATEWAY", &Variables::default()).unwrap().settings;
        assert_eq!(config.mistakes(), Vec::<String>::new());
        assert_eq!(config.routes.len(), 1);
        assert!(config.routes[0].cache && config.routes[0].query.is_none());
        assert!(!config.upstreams.0["origin"].breaker);
        assert_eq!(config.cache.entry_bytes, 1024 * 1024, "what the file leaves out stays as it is");
    }
}

use std::collections::BTreeSet;
use std::time::Duration;

use peer::PeerSettings;
use peer::balance::ReadyCheck;
use peer::breaker::BreakerSettings;
use service_kit::config::{Mistake, Place};
use service_kit::proxies::{NetworkError, TrustedProxies};
use service_kit::telemetry;
use url::Url;

use super::{Config, RouteConfig, UpstreamConfig};
use crate::host;

/// The longest wait anybody may configure, a day.
const LONGEST_MS: u64 = 24 * 3600 * 1000;

/// The times of one table: each has to be at least so long, milliseconds.
type Waits<'a> = &'a [(&'a str, u64, u64)];

impl Config {
    /// Every mistake in it, each with the setting and the remedy.
    pub(crate) fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        if self.routes.is_empty() {
            mistakes.push(Place::of("routes").mistake("there is none, so nothing would be served"));
        }
        mistakes.extend(self.process_mistakes());
        mistakes.extend(self.tls_mistakes());
        for (name, upstream) in &self.upstreams.0 {
            mistakes.extend(upstream.mistakes(&Place::of("upstreams").key(name)));
        }
        let is_wrong = |origin: &str| {
            (!is_origin(origin))
                .then(|| format!("`{origin}` is no origin; it is scheme://host or scheme://host:port, in lower case"))
        };
        mistakes.extend(of_items("cors_origins", &self.cors_origins, is_wrong));
        let is_wrong = |name: &str| {
            (!host::is_name(name))
                .then(|| format!("`{name}` is no name of a host; write it without scheme, port and path"))
        };
        mistakes.extend(of_items("hosts", &self.hosts, is_wrong));
        let is_wrong = |url: &str| {
            (!is_redis(url)).then(|| format!("`{url}` is no address of a Redis node; write it as redis://host:port"))
        };
        mistakes.extend(of_items("redis_urls", &self.redis_urls, is_wrong));
        mistakes.extend(self.proxies().err().map(|error| Place::of("trusted_proxies").mistake(error.to_string())));
        let is_share = (0.0..=1.0).contains(&self.trace_ratio);
        mistakes.extend((!is_share).then(|| Place::of("trace_ratio").mistake("it has to be from 0 to 1")));
        mistakes.extend(self.route_mistakes());
        mistakes.extend(self.limit_mistakes());
        mistakes.extend(self.cache_mistakes());
        mistakes
    }

    /// # Errors
    /// When one of them is no network.
    pub(crate) fn proxies(&self) -> Result<TrustedProxies, NetworkError> {
        self.trusted_proxies.parse()
    }

    fn process_mistakes(&self) -> impl Iterator<Item = Mistake> {
        let listeners = [
            ("listen", Some(&self.listen)),
            ("ops_listen", Some(&self.ops_listen)),
            ("tls_listen", self.tls_listen.as_ref()),
        ];
        let listeners = listeners.into_iter().filter_map(|(key, address)| Some((key, address?)));
        let wrong = listeners.filter(|(_, address)| !is_listener(address)).map(|(key, address)| {
            Place::of(key).mistake(format!("`{address}` is no address to listen on; write it as host:port"))
        });
        let filter = telemetry::check(&self.log_filter).err();
        let copies = (self.nats_replicas == 0).then(|| Place::of("nats_replicas").mistake("at least 1"));
        wrong.chain(filter.map(|error| Place::of("log_filter").mistake(error.to_string()))).chain(copies)
    }

    fn tls_mistakes(&self) -> Option<Mistake> {
        let tls = [
            ("tls_listen", self.tls_listen.is_some()),
            ("tls_certificate", self.tls_certificate.is_some()),
            ("tls_key", self.tls_key.is_some()),
        ];
        let (given, _) = tls.iter().find(|(_, given)| *given)?;
        let is_whole = tls.iter().all(|(_, given)| *given);
        let text = "tls_listen, tls_certificate and tls_key: none is of use alone, set all three";
        (!is_whole).then(|| Place::of(*given).mistake(text))
    }

    fn route_mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut prefixes = BTreeSet::new();
        for (number, route) in self.routes.iter().enumerate() {
            let known = self.upstreams.0.contains_key(&route.upstream);
            if route.optional && !known {
                continue;
            }
            let place = Place::of("routes").index(number);
            mistakes.extend(route.mistakes(&place, known));
            if !prefixes.insert(&route.prefix) {
                let text = format!("the route {} is there twice, remove one of them", route.prefix);
                mistakes.push(place.key("prefix").mistake(text));
            }
        }
        mistakes
    }

    fn limit_mistakes(&self) -> Vec<Mistake> {
        let limits = &self.limits;
        let place = |key| Place::of("limits").key(key);
        let rules = [
            (limits.connections > 0, "connections", "at least 1"),
            (limits.connections_per_address > 0, "connections_per_address", "at least 1"),
            (limits.head_bytes >= 8192, "head_bytes", "at least 8192"),
            (limits.head_bytes <= 1024 * 1024, "head_bytes", "at most 1048576"),
        ];
        let waits = [
            ("head_deadline_ms", limits.head_deadline_ms, 1),
            ("body_deadline_ms", limits.body_deadline_ms, 1),
            ("write_stall_ms", limits.write_stall_ms, 1),
            ("linger_ms", limits.linger_ms, 0),
            ("drain_ms", limits.drain_ms, 0),
        ];
        let broken = rules.into_iter().filter(|(holds, ..)| !holds).map(|(_, key, rule)| place(key).mistake(rule));
        broken.chain(wrong_waits(&Place::of("limits"), &waits)).collect()
    }

    fn cache_mistakes(&self) -> impl Iterator<Item = Mistake> {
        let cache = &self.cache;
        let rules = [
            (cache.ttl_jitter_percent <= 50, "ttl_jitter_percent", "at most 50"),
            (cache.variants > 0, "variants", "at least 1"),
            (cache.entry_bytes <= cache.capacity_bytes, "entry_bytes", "at most cache.capacity_bytes"),
        ];
        rules.into_iter().filter(|(holds, ..)| !holds).map(|(_, key, rule)| Place::of("cache").key(key).mistake(rule))
    }
}

/// The mistakes in the items of a list; as one line they all stand at the same place.
fn of_items(key: &str, items: &[String], is_wrong: impl Fn(&str) -> Option<String>) -> Vec<Mistake> {
    let place = |number| Place::of(key).index(number);
    items.iter().enumerate().filter_map(|(number, item)| Some(place(number).mistake(is_wrong(item)?))).collect()
}

fn wrong_waits(place: &Place, waits: Waits<'_>) -> Vec<Mistake> {
    let wrong = waits.iter().filter(|(_, wait, least)| !(*least..=LONGEST_MS).contains(wait));
    let text = |least| format!("it has to be from {least} to {LONGEST_MS}, which is a day");
    wrong.map(|(key, _, least)| place.clone().key(*key).mistake(text(least))).collect()
}

/// Whether it is written as browsers write it (RFC 6454 §6.2), for they are compared byte by byte.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}

fn is_listener(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn is_redis(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "redis" && url.has_host() && url.path().len() < 2)
}

impl RouteConfig {
    fn mistakes(&self, place: &Place, is_upstream_known: bool) -> Vec<Mistake> {
        let segments = || self.prefix.split('/').skip(1);
        let is_odd = |segment: &str| matches!(segment, "." | "..") || segment.contains(['?', '#', '%', ';']);
        let (prefix, upstream) = (&self.prefix, &self.upstream);
        let rules = [
            (prefix.starts_with('/'), "prefix", format!("`{prefix}` has to begin with a slash")),
            (
                prefix == "/" || segments().all(|s| !s.is_empty() && !is_odd(s)),
                "prefix",
                format!("`{prefix}` has to consist of plain segments, without a slash at the end"),
            ),
            (
                segments().next() != Some("internal"),
                "prefix",
                "/internal is for services among themselves and is never routed".to_owned(),
            ),
            (
                is_upstream_known,
                "upstream",
                format!("`{upstream}` has no address for {prefix}; give it one under upstreams"),
            ),
        ];
        let waits = [
            ("deadline_ms", self.deadline_ms, 1),
            ("attempt_ms", self.attempt_ms.unwrap_or(1), 1),
            ("body_deadline_ms", self.body_deadline_ms.unwrap_or(LONGEST_MS), 1),
        ];
        let broken = rules.into_iter().filter(|(holds, ..)| !holds);
        let broken = broken.map(|(_, key, rule)| place.clone().key(key).mistake(rule));
        broken.chain(wrong_waits(place, &waits)).collect()
    }
}

impl UpstreamConfig {
    fn mistakes(&self, place: &Place) -> Vec<Mistake> {
        let settings = self.to_peer_settings("").err().map(|reason| place.clone().key("url").mistake(reason));
        let has_path = self.ready_path.is_empty() || self.ready_path.starts_with('/');
        let ready = || place.clone().key("ready_path").mistake("it has to begin with a slash, or be empty");
        let attempt = wrong_waits(place, &[("attempt_ms", self.attempt_ms, 1)]);
        settings.into_iter().chain(attempt).chain((!has_path).then(ready)).collect()
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
    use crate::config::routes;
    use service_kit::config::{Variables, load, load_checked};

    fn working() -> Config {
        let upstreams = [("users", "http://127.0.0.1:1"), ("inventory", "http://inventory:80/")].into_iter().collect();
        Config { upstreams, ..Config::default() }
    }

    #[test]
    fn the_default_needs_nothing_but_its_upstreams() {
        assert_eq!(working().mistakes(), Vec::new());
        let mistakes = Config::default().mistakes();
        assert!(mistakes.iter().all(|mistake| mistake.text.contains("has no address")), "{mistakes:?}");
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
        (config.listen, config.ops_listen) = ("127.0.0.1:99999".to_owned(), "8081".to_owned());
        config.hosts = ["lend.example", "[::1]", "https://lend.example", "lend.example:80"].map(str::to_owned).to_vec();
        config.log_filter = "gateway=loud".to_owned();
        config.nats_replicas = 0;
        config.cache.ttl_jitter_percent = 90;
        let mistakes: Vec<_> = config.mistakes().iter().map(ToString::to_string).collect();
        let first = routes::lendery().len();
        let route = |number: usize, rest: &str| format!("routes[{}].{rest}", first + number);
        for part in [
            "upstreams.web.url: `ftp://web`",
            "upstreams.odd.url: `web:80/path`",
            &route(0, "prefix: /internal is"),
            &route(1, "prefix: `api` has to begin"),
            &route(1, "upstream: `nobody` has no address"),
            &route(2, "prefix: the route /api/v1/auth is there twice"),
            &route(3, "prefix: `/a/../b` has to consist"),
            &route(3, "deadline_ms: it has to be from 1"),
            "cors_origins[0]: `https://App.example/` is no origin",
            "redis_urls[1]: `b:7001` is no address",
            "listen: `127.0.0.1:99999` is no address to listen on",
            "ops_listen: `8081` is no address",
            "hosts[2]: `https://lend.example` is no name",
            "hosts[3]: `lend.example:80` is no name",
            "log_filter: the log filter `gateway=loud` is not understood",
            "nats_replicas: at least 1",
            "trusted_proxies: \"balancer\" is no network",
            "limits.connections: at least 1",
            "tls_listen: tls_listen, tls_certificate and tls_key: none is of use alone",
            "cache.ttl_jitter_percent: at most 50",
        ] {
            assert!(mistakes.iter().any(|mistake| mistake.starts_with(part)), "{part} in {mistakes:#?}");
        }
        assert!(mistakes.iter().all(|mistake| !mistake.starts_with("hosts[0]") && !mistake.starts_with("hosts[1]")));
    }

    #[test]
    fn ten_mistakes_of_a_file_are_told_at_once_each_with_its_line() {
        let text = r#"listen = "127.0.0.1:8080"
hosts = ["lend.example", 3]
cors_origins = ["https://lend.example", "https://lend.example/"]
nats_replicas = "three"
[limits]
connectoins = 5
linger_ms = 100000000
head_bytes = 100
[upstreams.origin]
url = "ftp://origin"
retries = -1
[[routes]]
upstream = "origin"
deadline_ms = 0
[[routes]]
prefix = "/internal/v1"
upstream = "orgin"
cache = "perhaps"
[cache]
variants = 0
"#;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gateway.toml");
        std::fs::write(&file, text).unwrap();
        let loaded = load_checked(Some(&file), "LENDERY_GATEWAY", &Variables::default(), Config::mistakes);
        let told = loaded.unwrap_err().to_string();
        let name = format!("{}:", file.display());
        let lines: Vec<&str> = told.lines().skip(1).map(|line| line.trim().trim_start_matches(&name)).collect();
        let expected = [
            "3: cors_origins[1]: `https://lend.example/` is no origin",
            "4: nats_replicas: it is string \"three\"",
            "6: limits.connectoins: unknown field `connectoins`, expected one of `connections`",
            "7: limits.linger_ms: it has to be from 0 to 86400000, which is a day",
            "8: limits.head_bytes: at least 8192",
            "10: upstreams.origin.url: `ftp://origin`",
            "11: upstreams.origin.retries: it is",
            "12: routes[0].prefix: it is missing",
            "14: routes[0].deadline_ms: it has to be from 1",
            "16: routes[1].prefix: /internal is",
            "17: routes[1].upstream: `orgin` has no address",
            "18: routes[1].cache: it is string \"perhaps\"",
            "20: cache.variants: at least 1",
        ];
        assert_eq!(lines.len(), expected.len(), "{told}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.starts_with(expected), "{expected} in {told}");
        }
        // The negative control: without its mistakes the same file is read.
        let right = [
            ("/\"]", "\"]"),
            ("\"three\"", "3"),
            ("connectoins", "connections"),
            ("100000000", "100"),
            ("= 100\n", "= 9000\n"),
            ("ftp:", "http:"),
            ("-1", "1"),
            ("_ms = 0", "_ms = 1"),
            ("/internal/v1", "/v1"),
            ("orgin", "origin"),
            ("\"perhaps\"", "true"),
            ("variants = 0", "variants = 1"),
            ("[[routes]]\nup", "[[routes]]\nprefix = \"/\"\nup"),
        ];
        let right = right.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        std::fs::write(&file, right.replace("linger_ms = 9000", "linger_ms = 100")).unwrap();
        let loaded = load_checked(Some(&file), "LENDERY_GATEWAY", &Variables::default(), Config::mistakes);
        assert_eq!(loaded.unwrap().settings.routes.len(), 2);
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
        assert_eq!(config.mistakes(), Vec::new());
    }

    #[test]
    fn a_file_makes_it_a_gateway_for_anything() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gateway.toml");
        let text = "[upstreams.origin]\nurl = \"http://127.0.0.1:8000\"\nbreaker = false\nretries = 0\n\
                    [[routes]]\nprefix = \"/\"\nupstream = \"origin\"\ncache = true\n[cache]\nnegative_ttl_s = 3600\n";
        std::fs::write(&file, text).unwrap();
        let config: Config = load(Some(&file), "LENDERY_GATEWAY", &Variables::default()).unwrap().settings;
        assert_eq!(config.mistakes(), Vec::new());
        assert_eq!(config.routes.len(), 1);
        assert!(config.routes[0].cache && config.routes[0].query.is_none());
        assert!(!config.upstreams.0["origin"].breaker);
        assert_eq!(config.cache.entry_bytes, 1024 * 1024, "what the file leaves out stays as it is");
    }
}

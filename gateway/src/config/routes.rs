use serde::{Deserialize, Serialize};
use service_kit::serve::limits::BODY_BYTES;

use super::Config;

/// The paths below one prefix.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, named in a file")]
pub struct RouteConfig {
    /// Whole segments; `{…}` stands for any one segment. The prefix with the most segments wins; `/` takes the rest.
    pub prefix: String,
    /// The name of an upstream.
    pub upstream: String,
    /// Whether the prefix stands for itself only and not for what is below it; default no.
    #[serde(default)]
    pub exact: bool,
    /// Whether the route is left out when its upstream has no address; default no, which is a mistake then.
    #[serde(default)]
    pub optional: bool,
    /// Whether GETs are stored and answered from memory; default no.
    #[serde(default)]
    pub cache: bool,
    /// The query parameters of cached GETs; a request with others is passed on and not stored. Default: any.
    #[serde(default)]
    pub query: Option<Vec<String>>,
    /// Seconds for which a stored 200 is fresh that says nothing itself; default none: it is not stored.
    #[serde(default)]
    pub default_ttl_s: Option<u64>,
    /// Whether errors besides 404 and 410 are stored if they say for how long, up to the negative lifetime; default no: most
    /// answer the oddity of one request, or should be over sooner than their lifetime.
    #[serde(default)]
    pub store_errors: bool,
    /// Seconds for which a stale answer that says nothing of it itself may stand in when the upstream fails; default none.
    #[serde(default)]
    pub stale_if_error_s: Option<u64>,
    /// Bytes of a request's body; default 64 KiB.
    #[serde(default = "body_bytes")]
    pub body_bytes: u64,
    /// Until the answer's headers are there, the request's body included, ms; default 5,000.
    #[serde(default = "deadline_ms")]
    pub deadline_ms: u64,
    /// For one attempt at its upstream, ms, where that may need longer than the upstream's own `attempt_ms`; the longest of
    /// all its routes counts. Default: as the upstream says.
    #[serde(default)]
    pub attempt_ms: Option<u64>,
    /// From a request's head until its whole body is there, ms; default: as `limits.body_deadline_ms` says.
    #[serde(default)]
    pub body_deadline_ms: Option<u64>,
}

impl RouteConfig {
    /// A route that only passes requests on.
    pub fn new(prefix: &str, upstream: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            upstream: upstream.to_owned(),
            exact: false,
            optional: false,
            cache: false,
            query: None,
            default_ttl_s: None,
            store_errors: false,
            stale_if_error_s: None,
            body_bytes: body_bytes(),
            deadline_ms: deadline_ms(),
            attempt_ms: None,
            body_deadline_ms: None,
        }
    }

    /// The route for where its upstream exists.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// The route with its GETs cached, by these query parameters.
    #[must_use]
    pub fn cached(self, query: &[&str]) -> Self {
        Self { cache: true, query: Some(query.iter().map(ToString::to_string).collect()), ..self }
    }
}

impl Config {
    /// How long one attempt at this upstream may take: as it says itself, or as one of its routes needs.
    pub(crate) fn attempt_ms_of(&self, upstream: &str) -> u64 {
        let own = self.upstreams.0.get(upstream).map_or(0, |upstream| upstream.attempt_ms);
        let routes = self.routes.iter().filter(|route| route.upstream == upstream);
        routes.filter_map(|route| route.attempt_ms).fold(own, u64::max)
    }
}

/// A photo of 10 MiB with the rest of its form.
const PHOTO_FORM_BYTES: u64 = 11 * 1024 * 1024;

/// Long enough for a photo over a slow line.
const PHOTO_DEADLINE_MS: u64 = 60_000;

/// All photos of an item at once, as the form of the pages sends them.
const PHOTOS_FORM_BYTES: u64 = 128 * 1024 * 1024;

/// Long enough for these.
const PHOTOS_DEADLINE_MS: u64 = 180_000;

/// Longer than a page waits for services that do not answer, so that it can say which.
const PAGE_ATTEMPT_MS: u64 = 11_000;
const PAGE_DEADLINE_MS: u64 = 12_000;

/// Longer than a report may take: it may be a question over all there ever was.
const WAREHOUSE_ATTEMPT_MS: u64 = 65_000;
const WAREHOUSE_DEADLINE_MS: u64 = 70_000;

/// Lendery's own routes.
pub(super) fn lendery() -> Vec<RouteConfig> {
    let items = [
        "q",
        "category",
        "owner",
        "tag",
        "max_daily_price",
        "near",
        "radius_km",
        "available_from",
        "available_to",
        "sort",
        "limit",
        "cursor",
        "from",
        "to",
    ];
    let photos = RouteConfig::new("/api/v1/items/{id}/photos", "inventory");
    // The pages that people use, by the addresses that the web service says are its own. /problems is not among them: programs are
    // sent there, too, and need no language.
    let pages = ["/", "/en", "/de", "/items", "/members", "/assets/web"];
    let shown = ["q", "category", "tag", "owner", "max_price", "near", "from", "to", "sort", "cursor"];
    let pages = pages.into_iter().map(|prefix| {
        let page = RouteConfig::new(prefix, "web").optional().cached(&shown);
        let (deadline_ms, attempt_ms) = (PAGE_DEADLINE_MS, Some(PAGE_ATTEMPT_MS));
        RouteConfig { exact: prefix == "/", deadline_ms, attempt_ms, ..page }
    });
    let uploads = ["/en/mine/{id}/photos", "/de/mine/{id}/photos"].map(|prefix| RouteConfig {
        body_bytes: PHOTOS_FORM_BYTES,
        deadline_ms: PHOTOS_DEADLINE_MS,
        body_deadline_ms: Some(PHOTOS_DEADLINE_MS),
        ..RouteConfig::new(prefix, "web").optional()
    });
    let services = [
        RouteConfig::new("/.well-known/jwks.json", "users").cached(&[]),
        RouteConfig::new("/api/v1/auth", "users"),
        RouteConfig::new("/api/v1/users", "users").cached(&[]),
        RouteConfig::new("/setup", "users"),
        RouteConfig::new("/api/v1/users/me/items", "inventory"),
        RouteConfig::new("/api/v1/items", "inventory").cached(&items),
        RouteConfig { body_bytes: PHOTO_FORM_BYTES, deadline_ms: PHOTO_DEADLINE_MS, ..photos },
        RouteConfig::new("/api/v1/photos", "inventory").cached(&[]),
        RouteConfig::new("/api/v1/categories", "inventory").cached(&["limit", "cursor"]),
        RouteConfig::new("/api/v1/cart", "orders").optional(),
        RouteConfig::new("/api/v1/orders", "orders").optional(),
        RouteConfig::new("/api/v1/payments", "payments").optional(),
        RouteConfig {
            deadline_ms: WAREHOUSE_DEADLINE_MS,
            attempt_ms: Some(WAREHOUSE_ATTEMPT_MS),
            ..RouteConfig::new("/api/v1/warehouse", "warehouse").optional()
        },
    ];
    services.into_iter().chain(uploads).chain(pages).collect()
}

const fn body_bytes() -> u64 {
    BODY_BYTES as u64
}

const fn deadline_ms() -> u64 {
    5_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::config::{Variables, load};

    fn of_line(line: &str) -> Result<Config, String> {
        let variables = Variables::from([("LENDERY_GATEWAY_UPSTREAMS", line)]);
        load(None, "LENDERY_GATEWAY", &variables).map(|loaded| loaded.settings).map_err(|error| error.to_string())
    }

    #[test]
    fn what_takes_long_may_however_its_upstream_is_written() {
        let mut config = of_line("users=http://u:1,inventory=http://i:1,web=http://w:1,warehouse=http://e:1").unwrap();
        assert_eq!(config.mistakes(), Vec::new());
        let of = |config: &Config| ["users", "web", "warehouse"].map(|name| config.attempt_ms_of(name));
        assert_eq!(of(&config), [4_000, PAGE_ATTEMPT_MS, WAREHOUSE_ATTEMPT_MS]);
        config.upstreams.0.values_mut().for_each(|upstream| upstream.attempt_ms = 20_000);
        assert_eq!(of(&config), [20_000, 20_000, WAREHOUSE_ATTEMPT_MS]);
        let ends_in_time = |route: &RouteConfig| route.attempt_ms.is_none_or(|attempt| attempt < route.deadline_ms);
        assert!(config.routes.iter().all(ends_in_time));
    }

    #[test]
    fn an_upstream_has_one_place_in_a_line() {
        let told = of_line("users=http://u:1,inventory=http://i:1,users=http://u:2").unwrap_err();
        assert!(told.contains("`users` is there twice"), "{told}");
    }
}

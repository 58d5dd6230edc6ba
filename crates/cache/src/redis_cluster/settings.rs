use std::time::Duration;

/// How to reach a Redis Cluster, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `redis://HOST:PORT` of some nodes; the others are learnt from them.
    pub urls: Vec<String>,
    /// Before every key, so that programs and versions of what they store stay apart: `users:1`. No braces.
    pub namespace: String,
    /// How long a node has to accept a connection; 100 ms.
    pub connect_timeout: Duration,
    /// How long an operation may take in all, retries included; 50 ms.
    pub response_timeout: Duration,
    /// How long an invalidation is tried before its caller is told that it has not happened yet; 3 s, in which a replica
    /// usually has taken over from a lost primary.
    pub invalidation_deadline: Duration,
    /// Values are kept no longer than this, so it is also how long an invalidation that failed is tried again; 1 h.
    pub longest_ttl: Duration,
}

impl RedisSettings {
    /// The usual times for a cluster that these nodes belong to.
    pub fn new(urls: Vec<String>, namespace: impl Into<String>) -> Self {
        Self {
            urls,
            namespace: namespace.into(),
            connect_timeout: Duration::from_millis(100),
            response_timeout: Duration::from_millis(50),
            invalidation_deadline: Duration::from_secs(3),
            longest_ttl: Duration::from_hours(1),
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidRedisSettings> {
        if self.urls.is_empty() {
            return Err(InvalidRedisSettings::NoUrls);
        }
        if self.namespace.is_empty() || self.namespace.contains(['{', '}']) {
            return Err(InvalidRedisSettings::Namespace);
        }
        Ok(())
    }
}

/// Why there can be no client with these settings.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRedisSettings {
    /// Nowhere to connect to.
    #[error("no URL of a Redis node; name at least one, such as redis://127.0.0.1:7001")]
    NoUrls,
    /// It would break the tag by which a key and its lease share a slot.
    #[error("the namespace of the Redis keys is empty or has braces")]
    Namespace,
    /// A URL that is none.
    #[error("a URL of a Redis node is not good: write redis://HOST:PORT")]
    Urls(#[source] redis::RedisError),
}

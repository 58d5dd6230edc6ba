//! Which upstream answers a path.

use std::sync::Arc;
use std::time::Duration;

use peer::Peer;

use crate::cache::policy::Rules;
use crate::target::parameter_names;

/// One route, ready for use.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its prefix as configured: the label of its metrics.
    pub(crate) template: Arc<str>,
    /// Whether only the prefix itself is meant.
    pub(crate) exact: bool,
    pub(crate) peer: Peer,
    /// None when nothing of it is stored.
    pub(crate) cached: Option<Cached>,
    pub(crate) body_bytes: u64,
    pub(crate) deadline: Duration,
    /// For the body alone; none means as everywhere.
    pub(crate) body_deadline: Option<Duration>,
}

/// How a route's GETs are stored.
#[derive(Debug)]
pub(crate) struct Cached {
    /// The parameters that may be part of a key; none means any.
    pub(crate) query: Option<Vec<String>>,
    pub(crate) rules: Rules,
}

impl Cached {
    /// Whether a normalised query holds only parameters that this route knows.
    pub(crate) fn allows(&self, query: &str) -> bool {
        match &self.query {
            Some(allowed) => parameter_names(query).all(|name| allowed.iter().any(|known| known == name)),
            None => true,
        }
    }
}

/// All routes, the most specific first.
#[derive(Debug)]
pub(crate) struct Table(Vec<(Pattern, Arc<Route>)>);

impl Table {
    pub(crate) fn new(routes: impl IntoIterator<Item = Route>) -> Self {
        let pairs = routes.into_iter().map(|route| (Pattern::new(&route.template), Arc::new(route)));
        let mut all: Vec<_> = pairs.collect();
        all.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.rank()));
        Self(all)
    }

    /// The route of a normalised path.
    pub(crate) fn find(&self, path: &str) -> Option<&Arc<Route>> {
        // Services speak to each other there; nothing from outside ever does, whatever the table says.
        if is_below(path, "/internal") {
            return None;
        }
        let takes = |route: &Route| !route.exact || *route.template == *path;
        self.0.iter().find(|(pattern, route)| pattern.covers(path) && takes(route)).map(|(_, route)| route)
    }

    /// Where addresses begin whose GETs this upstream answers and that are stored.
    pub(crate) fn cached_prefixes(&self, upstream: &str) -> impl Iterator<Item = String> {
        let cached = self.0.iter().filter(move |(_, route)| route.cached.is_some() && route.peer.name() == upstream);
        cached.map(|(pattern, _)| pattern.literal.clone())
    }
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A prefix of whole segments, some of which may be anything.
#[derive(Debug)]
struct Pattern {
    /// What comes before the first segment that may be anything.
    literal: String,
    /// The segments after it; none for those that may be anything.
    rest: Vec<Option<String>>,
}

impl Pattern {
    fn new(template: &str) -> Self {
        let mut segments = template.split('/').skip(1).filter(|segment| !segment.is_empty()).peekable();
        let mut literal = String::new();
        let is_open = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
        while let Some(segment) = segments.next_if(|segment| !is_open(segment)) {
            literal.push('/');
            literal.push_str(segment);
        }
        let rest = segments.map(|segment| (!is_open(segment)).then(|| segment.to_owned())).collect();
        Self { literal, rest }
    }

    fn rank(&self) -> (usize, usize) {
        (self.literal.matches('/').count() + self.rest.len(), self.literal.len())
    }

    fn covers(&self, path: &str) -> bool {
        if !is_below(path, &self.literal) {
            return false;
        }
        if self.rest.is_empty() {
            return true;
        }
        let mut segments = path[self.literal.len()..].split('/').skip(1);
        self.rest.iter().all(|wanted| match (segments.next(), wanted) {
            (Some(segment), Some(wanted)) => segment == wanted,
            (Some(segment), None) => !segment.is_empty(),
            (None, _) => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peer::PeerSettings;

    fn table(prefixes: &[&str]) -> Table {
        let http = peer::http_client(Duration::from_secs(1)).unwrap();
        let peer = Peer::new(PeerSettings::new("a", "http://127.0.0.1:1".parse().unwrap()), http, 1).unwrap();
        Table::new(prefixes.iter().map(|prefix| Route {
            template: Arc::from(prefix.trim_end_matches('!')),
            exact: prefix.ends_with('!'),
            peer: peer.clone(),
            cached: None,
            body_bytes: 0,
            deadline: Duration::from_secs(1),
            body_deadline: None,
        }))
    }

    fn found<'a>(table: &'a Table, path: &str) -> Option<&'a str> {
        table.find(path).map(|route| &*route.template)
    }

    #[test]
    fn the_prefix_with_the_most_segments_wins() {
        let prefixes = ["/a", "/a/me/items", "/a/{id}/photos", "/a/{id}", "/b"];
        let table = table(&prefixes);
        for (path, prefix) in [
            ("/a", Some("/a")),
            ("/a/", Some("/a")),
            ("/a/1", Some("/a/{id}")),
            ("/a/1/x", Some("/a/{id}")),
            ("/a/1/photos/2", Some("/a/{id}/photos")),
            ("/a/me/items", Some("/a/me/items")),
            ("/a/me/items/3", Some("/a/me/items")),
            ("/ab", None),
            ("/a.css", None),
            ("/b.css", None),
            ("/", None),
        ] {
            assert_eq!(found(&table, path), prefix, "{path}");
        }
    }

    #[test]
    fn a_slash_alone_takes_the_rest_but_never_what_is_internal() {
        let table = table(&["/", "/a"]);
        assert_eq!(found(&table, "/x/y"), Some("/"));
        assert_eq!(found(&table, "/"), Some("/"));
        assert_eq!(found(&table, "/a/b"), Some("/a"));
        assert_eq!(found(&table, "/internal/v1/validate-token"), None);
        assert_eq!(found(&table, "/internal"), None);
        assert_eq!(found(&table, "/internals"), Some("/"));
    }

    #[test]
    fn an_exact_prefix_leaves_what_is_below_it_to_others() {
        let table = table(&["/!", "/a!", "/b"]);
        for (path, prefix) in [("/", Some("/")), ("/a", Some("/a")), ("/a/1", None), ("/b/1", Some("/b")), ("/c", None)]
        {
            assert_eq!(found(&table, path), prefix, "{path}");
        }
    }

    #[test]
    fn a_parameter_that_is_not_listed_is_not_part_of_a_key() {
        let rules = Rules { default_ttl: None, negative_ttl: Duration::ZERO, errors: false, stale_if_error: None };
        let some = Cached { query: Some(vec!["q".to_owned(), "limit".to_owned()]), rules: rules.clone() };
        assert!(some.allows("") && some.allows("limit=1&q=a&q=b"));
        assert!(!some.allows("limit=1&utm=x") && !some.allows("Q=a"));
        assert!(Cached { query: None, rules }.allows("utm=x"));
    }
}

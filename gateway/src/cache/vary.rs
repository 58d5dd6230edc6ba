//! Secondary keys: which request headers a response depends on, and their values so far as they can make a difference
//! (RFC 9110 §12.5.5, RFC 9111 §4.1).

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::proxy::is_forgeable;

/// The content codings that somebody serves; a client's further wishes make no difference.
const CODINGS: [&str; 4] = ["br", "deflate", "gzip", "zstd"];

/// More fields than this in one `Vary` would make nearly every request a variant of its own.
const MOST_FIELDS: usize = 8;

/// What of a request a response was chosen by, besides its address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    /// Whether its client came over TLS: what a service says to one who did, such as where to find something, may be wrong
    /// for one who did not. It is part of a variant rather than of the address, so that a write drops both.
    pub(super) over_tls: bool,
    /// The headers that `Vary` names, with their normalised values.
    pub(super) fields: Box<[(HeaderName, Option<String>)]>,
}

/// The response depends on more than headers, or on too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VariesTooMuch;

impl Variant {
    /// What a response with these headers to a request with those, which came over TLS or not, depends on.
    ///
    /// # Errors
    /// For `Vary: *`, a name that is none, and more fields than are kept.
    pub(crate) fn of(response: &HeaderMap, request: &HeaderMap, over_tls: bool) -> Result<Self, VariesTooMuch> {
        let mut names: Vec<HeaderName> = Vec::new();
        for line in response.get_all(header::VARY) {
            let line = line.to_str().map_err(|_| VariesTooMuch)?;
            for name in line.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                // A star is a token and would pass for a name.
                if name == "*" {
                    return Err(VariesTooMuch);
                }
                names.push(HeaderName::try_from(name).map_err(|_| VariesTooMuch)?);
            }
        }
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        if names.len() > MOST_FIELDS {
            return Err(VariesTooMuch);
        }
        let pairs = names.into_iter().map(|name| {
            let value = normalised(request, &name);
            (name, value)
        });
        Ok(Self { over_tls, fields: pairs.collect() })
    }

    /// Whether it depends on headers that upstreams get from the gateway, whatever its client says: the client's own words do not
    /// choose it.
    pub(crate) fn goes_by_the_gateways_word(&self) -> bool {
        self.fields.iter().any(|(name, _)| is_forgeable(name))
    }

    /// What may depend on the scheme alone, so far as anybody knows.
    pub(super) fn of_scheme(over_tls: bool) -> Self {
        Self { over_tls, ..Self::default() }
    }

    /// The one that a request with these headers would have chosen, if its answer depends on what this one does.
    pub(super) fn as_asked(&self, request: &HeaderMap) -> Self {
        let fields = self.fields.iter().map(|(name, _)| (name.clone(), normalised(request, name)));
        Self { over_tls: self.over_tls, fields: fields.collect() }
    }

    /// Bytes of its texts. The values are a client's choice and can be long.
    pub(crate) fn size(&self) -> usize {
        let texts = self.fields.iter().map(|(name, value)| name.as_str().len() + value.as_ref().map_or(0, String::len));
        texts.sum::<usize>() + size_of_val(&*self.fields)
    }

    /// Whether a request with these headers, which came over TLS or not, would have chosen the same response.
    pub(crate) fn is_chosen_by(&self, request: &HeaderMap, over_tls: bool) -> bool {
        self.over_tls == over_tls && self.fields.iter().all(|(name, value)| normalised(request, name) == *value)
    }
}

/// The values of a field as one, without what makes no difference; none when the request has no such field.
fn normalised(request: &HeaderMap, name: &HeaderName) -> Option<String> {
    if !request.contains_key(name) {
        return None;
    }
    let lines = request.get_all(name);
    let members = lines.iter().flat_map(|line| as_text(line).split(',')).map(str::trim).filter(|m| !m.is_empty());
    Some(match *name {
        header::ACCEPT_ENCODING => codings(members),
        header::ACCEPT_LANGUAGE | header::ACCEPT => join(members.map(|m| m.to_ascii_lowercase().replace(' ', ""))),
        _ => join(members.map(ToOwned::to_owned)),
    })
}

/// Those of the known codings that are accepted, in one order.
fn codings<'a>(members: impl Iterator<Item = &'a str>) -> String {
    let mut accepted: Vec<&str> = Vec::new();
    for member in members {
        let (coding, quality) = member.split_once(';').unwrap_or((member, ""));
        let refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        let known =
            CODINGS.into_iter().filter(|known| coding.trim().eq_ignore_ascii_case(known) || coding.trim() == "*");
        if !refused {
            accepted.extend(known);
        }
    }
    accepted.sort_unstable();
    accepted.dedup();
    join(accepted.into_iter().map(ToOwned::to_owned))
}

fn join(members: impl Iterator<Item = String>) -> String {
    members.collect::<Vec<_>>().join(",")
}

/// A value that is no text is compared as if it were empty; nobody's response is chosen by such a one.
fn as_text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn variant(vary: &str, request: &[(&'static str, &str)]) -> Variant {
        Variant::of(&headers(&[("vary", vary)]), &headers(request), false).unwrap()
    }

    #[test]
    fn a_request_with_the_same_value_chooses_the_same_response() {
        let english = variant("Accept-Language, X-Tenant", &[("accept-language", "en"), ("x-tenant", "a")]);
        assert!(
            english.is_chosen_by(&headers(&[("accept-language", " EN "), ("x-tenant", "a"), ("other", "b")]), false)
        );
        assert!(!english.is_chosen_by(&headers(&[("accept-language", "de"), ("x-tenant", "a")]), false));
        assert!(!english.is_chosen_by(&headers(&[("accept-language", "en")]), false));
        assert!(!english.is_chosen_by(&headers(&[("accept-language", "en"), ("x-tenant", "A")]), false));
    }

    #[test]
    fn what_a_request_would_have_chosen_is_known_by_what_another_one_did() {
        let english = variant("Accept-Language", &[("accept-language", "en")]);
        let asking = |language| english.as_asked(&headers(&[("accept-language", language), ("x-other", "a")]));
        assert_eq!(asking(" EN "), english);
        assert_eq!(asking("de"), variant("Accept-Language", &[("accept-language", "de")]));
    }

    #[test]
    fn an_absent_field_is_a_value_of_its_own() {
        let without = variant("x-tenant", &[]);
        assert!(without.is_chosen_by(&HeaderMap::new(), false));
        assert!(!without.is_chosen_by(&headers(&[("x-tenant", "")]), false));
    }

    #[test]
    fn encodings_differ_only_in_what_is_served() {
        let gzip = variant("accept-encoding", &[("accept-encoding", "gzip, br;q=0")]);
        for same in ["GZIP", "gzip;q=0.5", "identity, gzip", "x-odd,gzip"] {
            assert!(gzip.is_chosen_by(&headers(&[("accept-encoding", same)]), false), "{same}");
        }
        for other in ["br, gzip", "identity", "*", "gzip;q=0"] {
            assert!(!gzip.is_chosen_by(&headers(&[("accept-encoding", other)]), false), "{other}");
        }
        let split = headers(&[("accept-encoding", "br"), ("accept-encoding", "gzip")]);
        assert!(variant("accept-encoding", &[("accept-encoding", "gzip,br")]).is_chosen_by(&split, false));
    }

    #[test]
    fn what_is_said_to_one_who_came_over_tls_is_for_nobody_else() {
        let plain = Variant::of(&HeaderMap::new(), &HeaderMap::new(), false).unwrap();
        let secure = Variant::of(&HeaderMap::new(), &HeaderMap::new(), true).unwrap();
        assert_ne!(plain, secure);
        assert!(secure.is_chosen_by(&HeaderMap::new(), true) && !secure.is_chosen_by(&HeaderMap::new(), false));
        assert!(plain.is_chosen_by(&HeaderMap::new(), false) && !plain.is_chosen_by(&HeaderMap::new(), true));
    }

    #[test]
    fn some_responses_vary_too_much() {
        let many = (0..9).map(|n| format!("x-{n}")).collect::<Vec<_>>().join(",");
        for vary in ["*", "accept, *", "a b", &many] {
            assert_eq!(
                Variant::of(&headers(&[("vary", vary)]), &HeaderMap::new(), false),
                Err(VariesTooMuch),
                "{vary}"
            );
        }
        let lines = headers(&[("vary", "accept"), ("vary", "*")]);
        assert_eq!(Variant::of(&lines, &HeaderMap::new(), false), Err(VariesTooMuch));
    }

    #[test]
    fn a_response_without_vary_is_for_every_request() {
        let all = Variant::of(&HeaderMap::new(), &HeaderMap::new(), false).unwrap();
        assert!(all.is_chosen_by(&headers(&[("accept", "x")]), false));
    }
}

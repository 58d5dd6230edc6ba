//! Which host a request is for.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use http::{Request, Version, header};

/// The host is missing, there twice, malformed, or not one of ours. The text is what the client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HostError {
    #[error("The request needs exactly one Host header.")]
    NotOne,
    #[error("The Host header is malformed.")]
    Malformed,
    #[error("This host is not served here.")]
    NotServed,
}

/// The hosts that are answered, without their ports; none means any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// The host of a request with its port, in lower case. An absolute target goes before the header (RFC 9112 §3.2.2), which has
    /// to be there and in order all the same (§3.2): somebody else may go by it.
    ///
    /// # Errors
    /// When it is not exactly one well-formed host that is served here.
    pub(crate) fn of<'a, B>(&self, request: &'a Request<B>) -> Result<Cow<'a, str>, HostError> {
        let mut lines = request.headers().get_all(header::HOST).iter();
        let (line, more) = (lines.next(), lines.next());
        if more.is_some() {
            return Err(HostError::NotOne);
        }
        let line = match line {
            Some(line) => checked(line.to_str().map_err(|_| HostError::Malformed)?)?,
            None if request.version() < Version::HTTP_11 => Cow::Borrowed(""),
            None => return Err(HostError::NotOne),
        };
        let host = request.uri().authority().map_or(Ok(line), |authority| checked(authority.as_str()))?;
        let is_served = self.0.is_empty() || self.0.iter().any(|name| name == without_port(&host));
        if is_served { Ok(host) } else { Err(HostError::NotServed) }
    }
}

/// Whether it is a name or an address of a host as it stands in a list of those served: without scheme, port and path.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && checked(text).is_ok() && without_port(text) == text
}

fn checked(host: &str) -> Result<Cow<'_, str>, HostError> {
    if host.len() > 260 {
        return Err(HostError::Malformed);
    }
    let mut has_capitals = false;
    for byte in host.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b':' | b'[' | b']' => {}
            b'A'..=b'Z' => has_capitals = true,
            _ => return Err(HostError::Malformed),
        }
    }
    if !is_authority(host) {
        return Err(HostError::Malformed);
    }
    Ok(if has_capitals { Cow::Owned(host.to_ascii_lowercase()) } else { Cow::Borrowed(host) })
}

/// Whether it is a name or an IPv6 address in brackets, with a port or without (RFC 3986 §3.2); or nothing, which HTTP/1.1 allows.
fn is_authority(host: &str) -> bool {
    let ends = host.rfind(']').map_or_else(|| host.find(':'), |bracket| Some(bracket + 1));
    let (name, port) = ends.map_or((host, ""), |ends| host.split_at(ends));
    let is_name = match name.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !name.contains([':', '[', ']']) && (!name.is_empty() || port.is_empty()),
    };
    let is_port = |text: &str| text.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    is_name && (port.is_empty() || is_port(port))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address are inside brackets.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(hosts: &[&str], uri: &str, lines: &[&str]) -> Result<String, HostError> {
        let hosts = Hosts::new(&hosts.iter().map(ToString::to_string).collect::<Vec<_>>());
        let request = lines.iter().fold(Request::builder().uri(uri), |request, line| request.header("host", *line));
        hosts.of(&request.body(()).unwrap()).map(Cow::into_owned)
    }

    #[test]
    fn the_host_is_taken_in_lower_case_with_its_port() {
        assert_eq!(host(&[], "/", &["Example.ORG:8080"]).as_deref(), Ok("example.org:8080"));
        assert_eq!(host(&[], "/", &["[::1]:80"]).as_deref(), Ok("[::1]:80"));
        assert_eq!(host(&[], "http://a.example/x", &["b.example"]).as_deref(), Ok("a.example"));
    }

    #[test]
    fn odd_hosts_are_refused() {
        assert_eq!(host(&[], "/", &[]), Err(HostError::NotOne));
        assert_eq!(host(&[], "/", &["a", "a"]), Err(HostError::NotOne));
        for odd in [
            "a b",
            "a/b",
            "user@a",
            "a\"",
            "caf\u{e9}",
            "a:b",
            "a:80:80",
            "::1",
            ":80",
            "]",
            "a]",
            "[a]",
            "[::1",
            "[::1]80",
            "[::1]:x",
            "a[::1]",
        ] {
            assert_eq!(host(&[], "/", &[odd]), Err(HostError::Malformed), "{odd}");
            assert_eq!(
                host(&[], "http://a/", &[odd]),
                Err(HostError::Malformed),
                "{odd}, although the target names one"
            );
        }
        assert_eq!(host(&[], "http://a/", &[]), Err(HostError::NotOne));
        assert_eq!(host(&[], "http://user@a/", &["a"]), Err(HostError::Malformed));
    }

    #[test]
    fn with_a_list_only_its_hosts_are_served_on_any_port() {
        let ours = ["Lend.example", "[::1]"];
        assert!(host(&ours, "/", &["lend.example:8443"]).is_ok());
        assert!(host(&ours, "/", &["[::1]:80"]).is_ok());
        assert_eq!(host(&ours, "/", &["evil.example"]), Err(HostError::NotServed));
    }
}

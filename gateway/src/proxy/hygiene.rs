//! Which headers cross the gateway. A client must not be able to speak in its name, nor in an upstream's.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Families of such headers.
const FORGEABLE_PREFIXES: [&str; 2] = ["x-forwarded-", "x-user-"];

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Makes a client's headers fit for an upstream, with the gateway's own word on who asks for which host by which scheme.
pub(crate) fn clean_request(headers: &mut HeaderMap, client: IpAddr, host: &str, scheme: &'static str) {
    remove_hop_by_hop(headers);
    remove_where(headers, is_forgeable);
    // The upstream has a name of its own.
    headers.remove(header::HOST);
    headers.insert(X_FORWARDED_FOR, named(client));
    headers.insert(X_FORWARDED_HOST, text(host));
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(scheme));
    headers.append(header::VIA, HeaderValue::from_static("1.1 lendery"));
}

/// Removes what describes a body that is not passed on.
pub(crate) fn strip_body(headers: &mut HeaderMap) {
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING] {
        headers.remove(name);
    }
}

/// Removes what was for one connection only.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let lines = headers.get_all(header::CONNECTION).iter().filter_map(|line| line.to_str().ok());
    let nominated = lines.flat_map(|line| line.split(',')).filter_map(|name| HeaderName::try_from(name.trim()).ok());
    for name in nominated.collect::<Vec<_>>() {
        headers.remove(name);
    }
    remove_where(headers, is_hop_by_hop);
}

/// A message has few headers, and looking at each of them once costs less than looking for many that are not there.
fn remove_where(headers: &mut HeaderMap, is_unwanted: impl Fn(&HeaderName) -> bool) {
    for name in headers.keys().filter(|name| is_unwanted(name)).cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
}

/// Meaningful for one connection only (RFC 9110 §7.6.1), and what negotiates with the next hop.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "expect"
    )
}

/// What upstreams take from a gateway and would believe of a client too. Those that make variables of headers, as CGI does
/// (RFC 3875 §4.1.18), cannot tell an underscore from a hyphen.
pub(crate) fn is_forgeable(name: &HeaderName) -> bool {
    let name = name.as_str();
    if name.contains('_') { is_forged_by(&name.replace('_', "-")) } else { is_forged_by(name) }
}

fn is_forged_by(name: &str) -> bool {
    let is_one = matches!(
        name,
        "forwarded"
            | "x-real-ip"
            | "x-original-url"
            | "x-rewrite-url"
            | "x-http-method"
            | "x-http-method-override"
            | "x-method-override"
    );
    is_one
        || name == peer::REQUEST_TIMEOUT_MS.as_str()
        || FORGEABLE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The address as a header names it. That of IPv4 is written here, for a formatter costs as much as the rest of this module.
fn named(client: IpAddr) -> HeaderValue {
    let IpAddr::V4(address) = client.to_canonical() else { return text(&client.to_string()) };
    let mut digits = Vec::with_capacity("255.255.255.255".len());
    for octet in address.octets() {
        if !digits.is_empty() {
            digits.push(b'.');
        }
        let figures = [octet / 100, octet / 10 % 10, octet % 10];
        let leading = figures.iter().take(2).take_while(|figure| **figure == 0).count();
        digits.extend(figures[leading..].iter().map(|figure| b'0' + figure));
    }
    HeaderValue::from_maybe_shared(Bytes::from(digits)).unwrap_or(HeaderValue::from_static(""))
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_client_cannot_speak_in_the_gateways_name() {
        let mut request = headers(&[
            ("host", "evil"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-for", "5.6.7.8"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-prefix", "/x"),
            ("forwarded", "for=1.2.3.4"),
            ("x-real-ip", "1.2.3.4"),
            ("x-original-url", "/admin"),
            ("x-rewrite-url", "/admin"),
            ("x-http-method-override", "DELETE"),
            ("x-user-id", "1"),
            ("x-user-roles", "admin"),
            ("x-request-timeout-ms", "1"),
            ("x_forwarded_for", "1.2.3.4"),
            ("x-forwarded_proto", "https"),
            ("x_user_id", "1"),
            ("x_real_ip", "1.2.3.4"),
            ("x_request_timeout_ms", "1"),
            ("x_tenant", "a"),
            ("authorization", "Bearer a"),
            ("accept", "*/*"),
        ]);
        clean_request(&mut request, IpAddr::V4(Ipv4Addr::LOCALHOST), "lend.example", "https");
        let expected = headers(&[
            ("x_tenant", "a"),
            ("authorization", "Bearer a"),
            ("accept", "*/*"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "lend.example"),
            ("x-forwarded-proto", "https"),
            ("via", "1.1 lendery"),
        ]);
        assert_eq!(request, expected);
    }

    #[test]
    fn addresses_are_named_as_everybody_writes_them() {
        for address in ["0.0.0.0", "1.20.100.205", "127.0.0.1", "255.255.255.255", "2001:db8::1"] {
            assert_eq!(named(address.parse().unwrap()), address);
        }
        assert_eq!(named("::ffff:10.0.0.9".parse().unwrap()), "10.0.0.9");
    }

    #[test]
    fn what_is_for_one_connection_stays_on_it() {
        let mut both = headers(&[
            ("connection", "keep-alive, X-Hop"),
            ("connection", "close"),
            ("keep-alive", "timeout=5"),
            ("x-hop", "a"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("transfer-encoding", "chunked"),
            ("proxy-authorization", "Basic x"),
            ("expect", "100-continue"),
            ("x-kept", "b"),
        ]);
        remove_hop_by_hop(&mut both);
        assert_eq!(both, headers(&[("x-kept", "b")]));
    }
}

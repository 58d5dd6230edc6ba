//! Which headers cross the gateway. A client must not be able to speak in its name, nor in an upstream's.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Meaningful for one connection only (RFC 9110 §7.6.1), and what negotiates with the next hop.
const HOP_BY_HOP: [HeaderName; 10] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];

/// What upstreams take from a gateway and would believe of a client too.
const FORGEABLE: [HeaderName; 8] = [
    header::FORWARDED,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
    peer::REQUEST_TIMEOUT_MS,
];

/// Families of such headers.
const FORGEABLE_PREFIXES: [&str; 2] = ["x-forwarded-", "x-user-"];

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Makes a client's headers fit for an upstream, with the gateway's own word on who asks for which host by which scheme.
pub(crate) fn clean_request(headers: &mut HeaderMap, client: IpAddr, host: &str, scheme: &'static str) {
    remove_hop_by_hop(headers);
    for name in FORGEABLE {
        headers.remove(name);
    }
    remove_families(headers);
    // The upstream has a name of its own.
    headers.remove(header::HOST);
    let text = |value: &str| HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""));
    headers.insert(X_FORWARDED_FOR, text(&client.to_canonical().to_string()));
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
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

fn remove_families(headers: &mut HeaderMap) {
    let is_forgeable = |name: &&HeaderName| FORGEABLE_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
    for name in headers.keys().filter(is_forgeable).cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
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
            ("authorization", "Bearer a"),
            ("accept", "*/*"),
        ]);
        clean_request(&mut request, IpAddr::V4(Ipv4Addr::LOCALHOST), "lend.example", "https");
        let expected = headers(&[
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

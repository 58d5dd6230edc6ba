//! Who asks, when others pass requests on: a balancer or an ingress in front of the gateway, the gateway in front of services.

use std::net::IpAddr;
use std::str::FromStr;

use ::http::{HeaderMap, HeaderName};

pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Networks whose word on where a request came from is believed. The default trusts nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// Addresses that share their first bits, as RFC 4632 §3.1 writes them; version 4 as mapped into version 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: u128,
    mask: u128,
}

/// The text is no list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network such as 10.0.0.0/8 or fd00::/8, and no address")]
pub struct NetworkError(String);

impl TrustedProxies {
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = bits(address);
        self.0.iter().any(|network| address & network.mask == network.address)
    }

    /// Where a request came from that `peer` has sent: `peer`, unless it is trusted and says in `X-Forwarded-For` for whom it
    /// asks. Proxies append to what they are told, so the nearest address that is no trusted proxy counts; what stands before
    /// that one anybody may have written.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev().map(|line| line.to_str().unwrap_or_default());
        for said in lines.flat_map(|line| line.rsplit(',')) {
            let Ok(address) = said.trim().parse::<IpAddr>() else { break };
            if !self.trust(client) {
                break;
            }
            client = address.to_canonical();
        }
        client
    }

    /// Whether a trusted `peer` says that the client came over TLS.
    pub fn was_https(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        self.trust(peer) && headers.get(X_FORWARDED_PROTO).is_some_and(|scheme| scheme == "https")
    }
}

impl FromStr for TrustedProxies {
    type Err = NetworkError;

    /// Networks with commas between; an empty text trusts nobody.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NetworkError(text.to_owned());
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| refused())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length: u32 = length.map_or(Ok(width), str::parse).map_err(|_| refused())?;
        let free = width.checked_sub(length).ok_or_else(refused)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self { address: bits(address) & mask, mask })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_networks_are_trusted_and_no_others() {
        let proxies: TrustedProxies = "127.0.0.0/8, ::1, 10.1.0.0/16,2001:db8::/32".parse().unwrap();
        for trusted in ["127.0.0.1", "127.9.9.9", "::1", "10.1.255.1", "::ffff:10.1.0.1", "2001:db8:1::1"] {
            assert!(proxies.trust(trusted.parse().unwrap()), "{trusted}");
        }
        for stranger in ["128.0.0.1", "::2", "10.2.0.1", "2001:db9::1", "::ffff:11.1.0.1"] {
            assert!(!proxies.trust(stranger.parse().unwrap()), "{stranger}");
        }
        assert!(!"".parse::<TrustedProxies>().unwrap().trust("127.0.0.1".parse().unwrap()));
        let all: TrustedProxies = "::/0".parse().unwrap();
        assert!(all.trust("8.8.8.8".parse().unwrap()));
    }

    #[test]
    fn the_nearest_address_that_is_no_proxy_counts() {
        let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        for (peer, said, client) in [
            ("10.0.0.1", &["1.2.3.4"][..], "1.2.3.4"),
            ("10.0.0.1", &["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"], "1.2.3.4"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["::ffff:1.2.3.4"], "1.2.3.4"),
            ("9.9.9.9", &["1.2.3.4"], "9.9.9.9"),
        ] {
            let headers = said.iter().map(|line| (X_FORWARDED_FOR, line.parse().unwrap())).collect();
            let found = proxies.client(peer.parse().unwrap(), &headers);
            assert_eq!(found, client.parse::<IpAddr>().unwrap(), "{peer} says {said:?}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_that_the_client_came_over_tls() {
        let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        let headers = [(X_FORWARDED_PROTO, "https".parse().unwrap())].into_iter().collect();
        assert!(proxies.was_https("10.0.0.1".parse().unwrap(), &headers));
        assert!(!proxies.was_https("9.9.9.9".parse().unwrap(), &headers));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in ["10.0.0.0/33", "10.0.0", "::/129", "gateway", "10.0.0.0/-1", "10.0.0.0/"] {
            let error = wrong.parse::<TrustedProxies>().unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}

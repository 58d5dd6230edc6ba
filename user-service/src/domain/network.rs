use std::net::IpAddr;
use std::str::FromStr;

/// Networks whose word on where a request came from is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrustedProxies(Vec<Network>);

/// Addresses that share their first bits, as RFC 4632 §3.1 writes them; version 4 as mapped into version 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: u128,
    mask: u128,
}

/// The text is no list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network such as 10.0.0.0/8 or fd00::/8, and no address")]
pub(crate) struct NetworkError(String);

impl TrustedProxies {
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = bits(address);
        self.0.iter().any(|network| address & network.mask == network.address)
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
    fn what_is_no_network_is_named() {
        for wrong in ["10.0.0.0/33", "10.0.0", "::/129", "gateway", "10.0.0.0/-1", "10.0.0.0/"] {
            let error = wrong.parse::<TrustedProxies>().unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}

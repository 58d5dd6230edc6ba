use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::proxies::TrustedProxies;

/// Counts the open connections of each address.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    most: Option<usize>,
    proxies: Arc<TrustedProxies>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection's place in the count, given back when dropped.
#[derive(Debug)]
pub(super) struct Place(Option<(Addresses, IpAddr)>);

impl Addresses {
    pub(super) fn new(most: Option<usize>, proxies: TrustedProxies) -> Self {
        Self { most, proxies: Arc::new(proxies), open: Arc::default() }
    }

    /// A place for one more connection of this address, or none when it has as many as it may.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place> {
        let Some(most) = self.most.filter(|_| !self.proxies.trust(address)) else {
            return Some(Place(None));
        };
        // One client over IPv4 is one address, however the socket spells it.
        let address = address.to_canonical();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place(Some((self.clone(), address))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((addresses, address)) = self.0.take() else {
            return;
        };
        let mut open = addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn an_address_gets_its_place_back_when_a_connection_closes() {
        let addresses = Addresses::new(Some(2), TrustedProxies::default());
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let here_mapped = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        let elsewhere = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        let first = addresses.enter(here).unwrap();
        let _second = addresses.enter(here_mapped).unwrap();
        assert!(addresses.enter(here).is_none());
        let other = addresses.enter(elsewhere).unwrap();
        drop(first);
        let _third = addresses.enter(here).unwrap();
        assert!(addresses.enter(here).is_none());
        drop(other);
        assert_eq!(addresses.open.lock().unwrap().len(), 1, "an address without connections is forgotten");
    }
    #[test]
    fn a_proxy_brings_as_many_as_it_likes() {
        let addresses = Addresses::new(Some(1), "10.0.0.0/8".parse().unwrap());
        let (proxy, other) = ("10.0.0.1".parse().unwrap(), "9.9.9.9".parse().unwrap());
        let _connections = [addresses.enter(proxy).unwrap(), addresses.enter(proxy).unwrap()];
        let _first = addresses.enter(other).unwrap();
        assert!(addresses.enter(other).is_none());
    }
}

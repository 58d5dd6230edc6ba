//! Where the instances of an upstream are: addresses as people write them, and names that DNS turns into addresses.

mod resolver;

use http::HeaderValue;
use url::{Host, Url};

use crate::balance::Address;

pub(crate) use resolver::Resolver;

/// How addresses look.
pub(crate) const EXAMPLE: &str =
    "write instances as http://host:port with commas between, or http+srv://_service._proto.name";

/// One address as a person wrote it.
///
/// # Errors
/// A sentence that names it and says how it should look.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is no address ({error}); {EXAMPLE}"))?;
    if Source::of(&url).is_some() { Ok(url) } else { Err(unusable(text)) }
}

pub(crate) fn unusable(address: &str) -> String {
    format!("`{address}` is no origin over plain HTTP; {EXAMPLE}")
}

/// What tells where instances are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An address: one instance.
    Fixed(Address),
    /// A host name: an instance for each of its addresses, all on this port.
    Host { name: String, port: u16, url: Url },
    /// The name of an SRV record: an instance for each address of each target.
    Service { name: String },
}

impl Source {
    /// None for what cannot be called.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let is_origin = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let is_plain = is_origin && url.username().is_empty() && url.password().is_none();
        match (url.scheme(), url.host()) {
            ("http", Some(Host::Domain(name))) if is_plain => url.port_or_known_default().map(|port| {
                let (name, url) = (name.to_owned(), url.clone());
                Self::Host { name, port, url }
            }),
            ("http", Some(_)) if is_plain => Address::new(url.clone(), None).map(Self::Fixed),
            ("http+srv", Some(Host::Domain(name))) if is_plain && url.port().is_none() => {
                Some(Self::Service { name: name.to_owned() })
            }
            _ => None,
        }
    }

    /// The instance that is there before anybody asked DNS: a host name is left to the system's resolver.
    pub(crate) fn known(&self) -> Option<Address> {
        match self {
            Self::Fixed(address) => Some(address.clone()),
            Self::Host { url, .. } => Address::new(url.clone(), None),
            Self::Service { .. } => None,
        }
    }

    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }
}

/// The address of an instance that was found by a name; the name goes on in `Host`.
fn found(address: std::net::SocketAddr, name: &str) -> Option<Address> {
    let origin = Url::parse(&format!("http://{address}")).ok()?;
    let host = match address.port() {
        80 => name.to_owned(),
        port => format!("{name}:{port}"),
    };
    Address::new(origin, HeaderValue::try_from(host).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_names_and_services_are_told_apart() {
        let source = |text: &str| Source::of(&parse(text).unwrap()).unwrap();
        assert!(source("http://127.0.0.1:80/").is_fixed() && source("http://[::1]:9000").is_fixed());
        assert!(matches!(source("http://inventory"), Source::Host { port: 80, .. }));
        assert_eq!(
            source("http+srv://_http._tcp.inventory.example"),
            Source::Service { name: "_http._tcp.inventory.example".to_owned() }
        );
    }

    #[test]
    fn what_cannot_be_called_is_named_with_the_remedy() {
        for odd in
            ["web:80", "ftp://a", "https://a", "http://a/path", "http://u:p@a", "http+srv://a:80", "http://a?b", ""]
        {
            let error = parse(odd).unwrap_err();
            assert!(error.contains(odd) && error.contains("http://host:port"), "{error}");
        }
    }
}

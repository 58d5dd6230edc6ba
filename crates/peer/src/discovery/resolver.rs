use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::SRV;

use super::{Source, found};
use crate::balance::Address;

/// For one question to one server; there is a last answer to go on with.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks DNS for instances. It remembers nothing: whoever asks decides how often.
#[derive(Debug)]
pub(crate) struct Resolver(TokioResolver);

impl Resolver {
    /// One that asks `nameserver`, or what the system's configuration says.
    ///
    /// # Errors
    /// When the system has no configuration that can be read.
    pub(crate) fn new(nameserver: Option<SocketAddr>) -> Result<Self, NetError> {
        let mut builder = match nameserver {
            None => TokioResolver::builder_tokio()?,
            Some(address) => TokioResolver::builder_with_config(only(address), TokioRuntimeProvider::default()),
        };
        let options: &mut ResolverOpts = builder.options_mut();
        options.cache_size = 0;
        options.timeout = PATIENCE;
        Ok(Self(builder.build()?))
    }

    /// The instances that a source names now; not in any order.
    ///
    /// # Errors
    /// When there is no answer, or one without any.
    pub(crate) async fn resolve(&self, source: &Source) -> Result<Vec<Address>, NetError> {
        match source {
            Source::Fixed(address) => Ok(vec![address.clone()]),
            Source::Host { name, port, .. } => {
                let addresses = self.addresses(name).await?;
                Ok(addresses.filter_map(|ip| found(SocketAddr::new(ip, *port), name)).collect())
            }
            Source::Service { name } => self.service(name).await,
        }
    }

    /// The targets of the most important priority (RFC 2782). Weights are not looked at: load is.
    async fn service(&self, name: &str) -> Result<Vec<Address>, NetError> {
        let answer = self.0.srv_lookup(name).await?;
        let records: Vec<&SRV> = answer.answers().iter().filter_map(|record| as_srv(&record.data)).collect();
        let first = records.iter().map(|record| record.priority).min();
        let mut instances = Vec::new();
        for record in records.into_iter().filter(|record| Some(record.priority) == first && !record.target.is_root()) {
            let target = record.target.to_utf8();
            let name = target.trim_end_matches('.');
            let addresses = self.addresses(&target).await?;
            instances.extend(addresses.filter_map(|ip| found(SocketAddr::new(ip, record.port), name)));
        }
        Ok(instances)
    }

    async fn addresses(&self, name: &str) -> Result<impl Iterator<Item = IpAddr> + use<>, NetError> {
        let answer = self.0.lookup_ip(name).await?;
        Ok(answer.iter().collect::<Vec<_>>().into_iter())
    }
}

fn as_srv(data: &RData) -> Option<&SRV> {
    match data {
        RData::SRV(record) => Some(record),
        _ => None,
    }
}

/// One server, over UDP and, for long answers, TCP.
fn only(address: SocketAddr) -> ResolverConfig {
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
    ResolverConfig::from_parts(None, Vec::new(), vec![server])
}

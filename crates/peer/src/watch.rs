//! Looking after the instances of a peer: which there are, and which of them are ready.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::balance::{Address, Found, Instance, InstanceReason, ReadyCheck};
use crate::discovery::{Resolver, Source};
use crate::peer::{Inner, WeakPeer};

/// Between two questions to DNS: instances come and go faster than most records say.
const REFRESH: Duration = Duration::from_secs(5);

/// After a question that DNS did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Longer answers to a readiness check are not read to their end.
const LONGEST_ANSWER_BYTES: u64 = 16 * 1024;

/// Runs until nobody uses the peer any more.
pub(crate) async fn run(peer: WeakPeer) {
    tokio::join!(discover(peer.clone()), check(peer));
}

async fn discover(peer: WeakPeer) {
    let mut discovery = Discovery::default();
    loop {
        let wait = {
            let Some(inner) = peer.upgrade() else { return };
            if inner.sources().iter().all(Source::is_fixed) {
                return;
            }
            discovery.refresh(&inner).await
        };
        tokio::time::sleep(wait).await;
    }
}

/// What DNS has said so far.
#[derive(Default)]
struct Discovery {
    resolver: Option<Resolver>,
    /// The last good answer of each source, in their order.
    answers: Vec<Option<Vec<Address>>>,
    current: Vec<Address>,
    /// Whether the last question went without an answer, which is told once.
    failing: bool,
}

impl Discovery {
    /// Asks about every source, and returns how long to wait before the next time.
    async fn refresh(&mut self, peer: &Inner) -> Duration {
        let outcome = self.ask(peer).await;
        if let Err(error) = &outcome
            && !self.failing
        {
            tracing::warn!(upstream = peer.name(), error, "DNS does not answer; going on with what is known");
        }
        self.failing = outcome.is_err();
        self.adopt(peer);
        if self.failing { AGAIN } else { REFRESH.mul_f64(0.8 + 0.2 * peer.pool().dice().share()) }
    }

    async fn ask(&mut self, peer: &Inner) -> Result<(), String> {
        self.answers.resize(peer.sources().len(), None);
        if self.resolver.is_none() {
            self.resolver = Some(Resolver::new(peer.settings().nameserver).map_err(|error| error.to_string())?);
        }
        let mut outcome = Ok(());
        for (source, last) in peer.sources().iter().zip(&mut self.answers) {
            let Some(resolver) = &self.resolver else { continue };
            match resolver.resolve(source).await {
                Ok(addresses) if addresses.is_empty() => outcome = Err("an answer without addresses".to_owned()),
                Ok(addresses) => *last = Some(addresses),
                Err(error) => outcome = Err(error.to_string()),
            }
        }
        outcome
    }

    /// Lets the peer go on with what is known now, if that is something new.
    fn adopt(&mut self, peer: &Inner) {
        let known = |(source, answer): (&Source, &Option<Vec<Address>>)| match answer {
            Some(addresses) => addresses.clone(),
            None => source.known().into_iter().collect(),
        };
        let mut addresses: Vec<_> = peer.sources().iter().zip(&self.answers).flat_map(known).collect();
        addresses.sort_by(|one, other| one.origin.cmp(&other.origin));
        addresses.dedup();
        if addresses == self.current || addresses.is_empty() {
            return;
        }
        let gently = !self.current.is_empty();
        tracing::info!(upstream = peer.name(), instances = addresses.len(), "instances found");
        peer.pool().replace(&addresses, gently);
        self.current = addresses;
    }
}

async fn check(peer: WeakPeer) {
    loop {
        let wait = {
            let Some(inner) = peer.upgrade() else { return };
            let Some(check) = inner.pool().settings().check.clone() else { return };
            check_all(&inner, &check).await;
            check.every
        };
        tokio::time::sleep(wait).await;
    }
}

/// Asks all instances at once. A single one is not asked: there is nobody to go to instead.
async fn check_all(peer: &Arc<Inner>, check: &ReadyCheck) {
    let instances = peer.pool().all();
    if instances.len() < 2 {
        return;
    }
    let mut asking = JoinSet::new();
    for instance in instances {
        let (peer, check) = (Arc::clone(peer), check.clone());
        asking.spawn(async move {
            let found = tokio::time::timeout(check.patience, ask(&peer, &instance, &check)).await;
            peer.pool().checked(&instance, found.unwrap_or(Found::Silent));
        });
    }
    while asking.join_next().await.is_some() {}
}

async fn ask(peer: &Inner, instance: &Instance, check: &ReadyCheck) -> Found {
    let mut url = instance.address.origin.clone();
    url.set_path(&check.path);
    if let Some(port) = check.port
        && url.set_port(Some(port)).is_err()
    {
        return Found::Silent;
    }
    let mut request = peer.http().get(url);
    if let Some(host) = &instance.address.host {
        request = request.header(http::header::HOST, host);
    }
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() && !error.is_timeout() => {
            return Found::NotReady(InstanceReason::Unreachable);
        }
        Err(_) => return Found::Silent,
    };
    let status = answer.status();
    if answer.content_length().is_some_and(|length| length <= LONGEST_ANSWER_BYTES) {
        // Read to its end, so that the connection serves the next check as well.
        let _body = answer.bytes().await;
    }
    let answered = InstanceReason::Answered { status: status.as_u16() };
    if status.is_server_error() { Found::NotReady(answered) } else { Found::Ready { status: status.as_u16() } }
}

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::{Method, Request, Response};
use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::admission::Admission;
use crate::attempt::{Attempt, Ended, is_worth_a_retry};
use crate::balance::{Guard, Instance, Pool, UpstreamSnapshot};
use crate::breaker::{Breaker, BreakerState, Permit, Refused};
use crate::budget::RetryBudget;
use crate::dice::Dice;
use crate::discovery::Source;
use crate::outgoing::{Outgoing, Spare};
use crate::{
    CallContext, HttpClient, InvalidSettings, JsonCall, PeerError, PeerSettings, RequestBody, ResponseBody, watch,
};

/// One upstream and everything that guards calls to it. Clones share the guard.
#[derive(Clone, Debug)]
pub struct Peer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    name: Arc<str>,
    settings: PeerSettings,
    sources: Vec<Source>,
    http: HttpClient,
    /// Clients of schedulers of their own: a call made there stays on its thread.
    at_home: Vec<(Id, HttpClient)>,
    breaker: Breaker,
    budget: RetryBudget,
    pool: Arc<Pool>,
    /// Names the spans of attempts.
    spans: Dice,
    /// Attempts that were made, and those among them that were another one of the same call.
    attempts: AtomicU64,
    repeated: AtomicU64,
}

/// What one call may still try.
struct Tries {
    /// Who has failed it.
    tried: Vec<Arc<Instance>>,
    /// Attempts that may cost the upstream something.
    retries: u32,
    /// Attempts elsewhere, after one that reached nobody.
    failovers: u32,
}

/// More instances than this that are gone, but not yet known to be, are not tried by one call.
const FAILOVERS: u32 = 2;

impl Peer {
    /// A guarded way to the upstream that `settings` names; `seed` feeds choices and jitter.
    ///
    /// # Errors
    /// When the settings contradict themselves.
    pub fn new(settings: PeerSettings, http: HttpClient, seed: u64) -> Result<Self, InvalidSettings> {
        Self::new_with(settings, http, Vec::new(), seed)
    }

    /// The same for a process with several schedulers (tokio runtimes): calls made on one that is among `at_home` are carried by
    /// its own client, so that nobody on another thread has to be woken. All others are carried by `http`.
    ///
    /// # Errors
    /// When the settings contradict themselves.
    pub fn new_with(
        settings: PeerSettings,
        http: HttpClient,
        at_home: Vec<(Id, HttpClient)>,
        seed: u64,
    ) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let sources = settings.sources()?;
        let breaker = Breaker::new(&settings.name, settings.breaker.clone(), seed)?;
        let budget = RetryBudget::new(settings.retry.budget_percent);
        let name: Arc<str> = Arc::from(settings.name.as_str());
        let addresses = sources.iter().filter_map(Source::known).collect();
        let pool = Arc::new(Pool::new(Arc::clone(&name), settings.balance.clone(), addresses, seed));
        let spans = Dice::named(seed, &name);
        let (attempts, repeated) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self {
            inner: Arc::new(Inner {
                name,
                settings,
                sources,
                http,
                at_home,
                breaker,
                budget,
                pool,
                spans,
                attempts,
                repeated,
            }),
        })
    }

    /// Looks after the instances for as long as the peer is used anywhere: asks DNS which there are, every five seconds at
    /// most, and where there are several asks each of them whether it is ready. To be spawned, once. Without it a name is
    /// one instance, wherever the system's resolver finds it, and instances are judged by their calls alone.
    pub fn watch(&self) -> impl Future<Output = ()> + Send + use<> {
        watch::run(Arc::downgrade(&self.inner))
    }

    /// What the upstream is called.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The circuit breaker, to look at.
    pub fn breaker(&self) -> &Breaker {
        &self.inner.breaker
    }

    /// Everything an operator wants to see of the upstream and its instances.
    pub fn snapshot(&self) -> UpstreamSnapshot {
        let breaker = self.inner.breaker.state();
        UpstreamSnapshot {
            name: self.shared_name(),
            breaker,
            called: breaker != BreakerState::Open,
            panic: self.inner.pool.is_in_panic(),
            attempts_total: self.inner.attempts.load(Ordering::Relaxed),
            repeated_total: self.inner.repeated.load(Ordering::Relaxed),
            instances: self.inner.pool.snapshot(Instant::now()),
        }
    }

    /// Begins a GET of `path`, an absolute path that may hold a query.
    pub fn get<'a>(&'a self, path: &str, context: &'a CallContext) -> JsonCall<'a> {
        self.call(Method::GET, path, context)
    }

    /// Begins a POST to `path`.
    pub fn post<'a>(&'a self, path: &str, context: &'a CallContext) -> JsonCall<'a> {
        self.call(Method::POST, path, context)
    }

    /// Begins a JSON call with any method.
    pub fn call<'a>(&'a self, method: Method, path: &str, context: &'a CallContext) -> JsonCall<'a> {
        JsonCall::new(self, context, method, path)
    }

    /// Sends a request and returns the answer as soon as its headers are there, whatever its status; bodies stream both
    /// ways. Of the request's URI only path and query count. Headers are sent as they are, with the context's
    /// propagated ones, [`crate::REQUEST_TIMEOUT_MS`] and the peer's credential set over them; hop-by-hop headers are
    /// the caller's business. The context's deadline covers everything up to the answer's headers.
    ///
    /// An attempt that reached nobody is repeated at another instance, whatever the method; one that may have reached
    /// somebody only if it is idempotent and the budget allows it, at another instance if there is one.
    ///
    /// # Errors
    /// [`PeerError::Open`], [`PeerError::Unresolved`], [`PeerError::Timeout`], [`PeerError::Connect`],
    /// [`PeerError::Broken`], [`PeerError::RequestBody`] or [`PeerError::InvalidRequest`].
    pub async fn send(
        &self,
        request: Request<RequestBody>,
        context: &CallContext,
    ) -> Result<Response<ResponseBody>, PeerError> {
        let inner = &*self.inner;
        let unusable = |reason| PeerError::InvalidRequest { peer: self.shared_name(), reason };
        let mut outgoing = Outgoing::prepare(&inner.settings, request, context).map_err(unusable)?;
        if context.deadline() <= Instant::now() {
            return Err(PeerError::Timeout { peer: self.shared_name(), after: Duration::ZERO });
        }
        let unresolved = || PeerError::Unresolved { peer: self.shared_name() };
        let mut instance = inner.pool.pick(&[]).ok_or_else(unresolved)?;
        let mut to = outgoing.aim(&instance.address).map_err(unusable)?;
        let mut permit = inner.breaker.try_acquire().map_err(|refused| self.open(refused))?;
        inner.budget.deposit();
        let mut tries = Tries::new(&inner.settings);
        loop {
            let spare = self.may_go_on(&tries).then(|| outgoing.spare());
            let guard = Guard::begin(&inner.pool, Arc::clone(&instance), outgoing.has_whole_body());
            inner.attempts.fetch_add(1, Ordering::Relaxed);
            let may_be_repeated = tries.retries > 0 && spare.as_ref().is_some_and(Spare::may_be_repeated);
            let attempt = self.attempt(&instance, context, may_be_repeated);
            let (ended, untouched) = attempt.run(outgoing, to, Admission::new(permit, guard)).await;
            tries.tried.push(instance);
            let Some(spare) = spare else { return ended };
            let Some(next) = self.admit_another(&mut tries, &ended, spare.may_be_repeated(), context).await else {
                return ended;
            };
            let Some(again) = spare.again(untouched) else { return ended };
            let Some(elsewhere) = inner.pool.pick(&tries.tried) else { return ended };
            tracing::debug!(upstream = self.name(), instance = %elsewhere, "trying again");
            inner.repeated.fetch_add(1, Ordering::Relaxed);
            to = again.aim(&elsewhere.address).map_err(unusable)?;
            (outgoing, permit, instance) = (again, next, elsewhere);
        }
    }

    /// Whether there could be another attempt, so that what it would need has to be kept.
    fn may_go_on(&self, tries: &Tries) -> bool {
        tries.retries > 0 || (tries.failovers > 0 && self.inner.pool.has_several())
    }

    fn attempt<'a>(&'a self, instance: &'a Instance, context: &CallContext, may_be_repeated: bool) -> Attempt<'a> {
        let Inner { name, settings, spans, .. } = &*self.inner;
        let http = self.inner.carrier();
        let deadline = context.deadline();
        let half = deadline.saturating_duration_since(Instant::now()) / 2;
        let is_repeated = may_be_repeated && self.inner.pool.has_several() && self.inner.budget.suffices();
        let timeout = if context.is_halved() && is_repeated {
            half.min(settings.attempt_timeout)
        } else {
            settings.attempt_timeout
        };
        Attempt { peer: name, address: &instance.address, settings, http, timeout, deadline, spans }
    }

    /// Admits one more attempt, if it makes sense and time, budget and breaker allow it.
    async fn admit_another(
        &self,
        tries: &mut Tries,
        ended: &Ended,
        may_be_repeated: bool,
        context: &CallContext,
    ) -> Option<Permit> {
        let another = self.inner.pool.has_another(&tries.tried);
        let reached_nobody = matches!(ended, Err(PeerError::Connect { .. }));
        if reached_nobody && another && tries.failovers > 0 && Instant::now() < context.deadline() {
            tries.failovers -= 1;
            return self.inner.breaker.try_acquire().ok();
        }
        if tries.retries == 0 || !may_be_repeated || !is_worth_a_retry(ended, another) {
            return None;
        }
        tries.retries -= 1;
        let at = Instant::now() + self.inner.settings.retry.pause.mul_f64(0.5 + self.inner.pool.dice().share());
        if at >= context.deadline() || !self.inner.budget.withdraw() {
            return None;
        }
        tokio::time::sleep_until(at).await;
        self.inner.breaker.try_acquire().ok()
    }

    fn open(&self, refused: Refused) -> PeerError {
        PeerError::Open { peer: self.shared_name(), retry_after: refused.retry_after }
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.inner.name)
    }

    pub(crate) fn settings(&self) -> &PeerSettings {
        &self.inner.settings
    }
}

impl Inner {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn settings(&self) -> &PeerSettings {
        &self.settings
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// The client of the scheduler that this runs on.
    fn carrier(&self) -> &HttpClient {
        if self.at_home.is_empty() {
            return &self.http;
        }
        let here = Handle::current().id();
        self.at_home.iter().find(|(id, _)| *id == here).map_or(&self.http, |(_, client)| client)
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }
}

/// A peer that ends when nobody uses it any more.
pub(crate) type WeakPeer = Weak<Inner>;

impl Tries {
    fn new(settings: &PeerSettings) -> Self {
        Self { tried: Vec::new(), retries: settings.retry.max_retries, failovers: FAILOVERS }
    }
}

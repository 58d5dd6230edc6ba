use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

use crate::attempt::{Attempt, is_worth_a_retry};
use crate::breaker::{Breaker, Permit, Refused};
use crate::budget::RetryBudget;
use crate::outgoing::Outgoing;
use crate::{CallContext, HttpClient, InvalidSettings, JsonCall, PeerError, PeerSettings, RequestBody, ResponseBody};

/// One upstream and everything that guards calls to it. Clones share the guard.
#[derive(Clone, Debug)]
pub struct Peer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: Arc<str>,
    settings: PeerSettings,
    http: HttpClient,
    breaker: Breaker,
    budget: RetryBudget,
    rng: Mutex<SmallRng>,
}

impl Peer {
    /// A guarded way to the upstream that `settings` names; `seed` feeds the jitter of retries and of the breaker.
    ///
    /// # Errors
    /// When the settings contradict themselves.
    pub fn new(settings: PeerSettings, http: HttpClient, seed: u64) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let mut rng = SmallRng::seed_from_u64(seed);
        let breaker = Breaker::new(&settings.name, settings.breaker.clone(), rng.random())?;
        let budget = RetryBudget::new(settings.retry.budget_percent);
        let name = Arc::from(settings.name.as_str());
        Ok(Self { inner: Arc::new(Inner { name, settings, http, breaker, budget, rng: Mutex::new(rng) }) })
    }

    /// What the upstream is called.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The circuit breaker, to look at.
    pub fn breaker(&self) -> &Breaker {
        &self.inner.breaker
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
    /// # Errors
    /// [`PeerError::Open`], [`PeerError::Timeout`], [`PeerError::Connect`], [`PeerError::Broken`],
    /// [`PeerError::RequestBody`] or [`PeerError::InvalidRequest`].
    pub async fn send(
        &self,
        request: Request<RequestBody>,
        context: &CallContext,
    ) -> Result<Response<ResponseBody>, PeerError> {
        let inner = &*self.inner;
        let mut outgoing = Outgoing::prepare(&inner.settings, request, context)?;
        if context.deadline() <= Instant::now() {
            return Err(PeerError::Timeout { peer: self.shared_name(), after: Duration::ZERO });
        }
        let mut permit = inner.breaker.try_acquire().map_err(|refused| self.open(refused))?;
        inner.budget.deposit();
        let mut retries_left = inner.settings.retry.max_retries;
        loop {
            let replay = if retries_left > 0 { outgoing.replay() } else { None };
            let ended = self.attempt(context).run(outgoing, permit).await;
            let Some(again) = replay.filter(|_| is_worth_a_retry(&ended)) else { return ended };
            let Some(next) = self.retry_permit(context).await else { return ended };
            tracing::debug!(upstream = self.name(), "retrying");
            (outgoing, permit) = (again, next);
            retries_left -= 1;
        }
    }

    fn attempt<'a>(&'a self, context: &CallContext) -> Attempt<'a> {
        let Inner { name, settings, http, .. } = &*self.inner;
        Attempt { peer: name, settings, http, deadline: context.deadline() }
    }

    /// Waits a moment and admits one more attempt, if time, budget and breaker allow it.
    async fn retry_permit(&self, context: &CallContext) -> Option<Permit> {
        let jitter = self.inner.rng.lock().unwrap_or_else(PoisonError::into_inner).random_range(0.5..=1.5);
        let at = Instant::now() + self.inner.settings.retry.pause.mul_f64(jitter);
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

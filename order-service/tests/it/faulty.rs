//! What stands between the order service and those it asks, and holds the call with a given number for ever: before it has
//! done anything, or after it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use inventory_api::{HoldRequest, Item, Period, Reservation, ReservationClient, ReservationError, ReservationId};
use payment_api::{
    AuthoriseRequest, CheckRequest, PartRequest, Payment, PaymentClient, PaymentError, PaymentId, PaymentKey,
    RefusedField, VoidRequest,
};
use tokio::sync::Notify;
use vocabulary::ItemId;

/// When a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// Counts calls, and holds one of them.
#[derive(Debug)]
pub(crate) struct Trap {
    at: usize,
    when: When,
    calls: AtomicUsize,
    sprung: Notify,
}

impl Trap {
    /// A trap for the call with this number, from 1.
    pub(crate) fn new(at: usize, when: When) -> Arc<Self> {
        Arc::new(Self { at, when, calls: AtomicUsize::new(0), sprung: Notify::new() })
    }

    /// Waits until the call has come.
    pub(crate) async fn sprung(&self) {
        self.sprung.notified().await;
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn through<T>(&self, call: impl Future<Output = T>) -> T {
        let held = self.calls.fetch_add(1, Ordering::Relaxed) + 1 == self.at;
        if held && self.when == When::Before {
            self.hold().await;
        }
        let answer = call.await;
        if held {
            self.hold().await;
        }
        answer
    }

    async fn hold(&self) {
        self.sprung.notify_one();
        std::future::pending::<()>().await;
    }
}

/// Whoever is asked, behind a trap.
pub(crate) struct Trapped<T: ?Sized> {
    pub(crate) inner: Arc<T>,
    pub(crate) trap: Arc<Trap>,
}

#[async_trait]
impl ReservationClient for Trapped<dyn ReservationClient> {
    async fn item(&self, id: ItemId, context: &HeaderMap) -> Result<Item, ReservationError> {
        self.inner.item(id, context).await
    }

    async fn free(&self, id: ItemId, period: Option<Period>, context: &HeaderMap) -> Result<u32, ReservationError> {
        self.inner.free(id, period, context).await
    }

    async fn hold(
        &self,
        id: ReservationId,
        request: &HoldRequest,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        self.trap.through(self.inner.hold(id, request, context)).await
    }

    async fn reservation(&self, id: ReservationId, context: &HeaderMap) -> Result<Reservation, ReservationError> {
        self.inner.reservation(id, context).await
    }

    async fn extend(
        &self,
        id: ReservationId,
        time: Duration,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        self.inner.extend(id, time, context).await
    }

    async fn confirm(&self, id: ReservationId, context: &HeaderMap) -> Result<Reservation, ReservationError> {
        self.trap.through(self.inner.confirm(id, context)).await
    }

    async fn check_out(
        &self,
        id: ReservationId,
        note: Option<&str>,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        self.trap.through(self.inner.check_out(id, note, context)).await
    }

    async fn take_back(
        &self,
        id: ReservationId,
        note: Option<&str>,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        self.trap.through(self.inner.take_back(id, note, context)).await
    }

    async fn release(&self, id: ReservationId, context: &HeaderMap) -> Result<(), ReservationError> {
        self.trap.through(self.inner.release(id, context)).await
    }
}

#[async_trait]
impl PaymentClient for Trapped<dyn PaymentClient> {
    async fn authorise(&self, request: &AuthoriseRequest, context: &HeaderMap) -> Result<Payment, PaymentError> {
        self.trap.through(self.inner.authorise(request, context)).await
    }

    async fn check(&self, request: &CheckRequest, context: &HeaderMap) -> Result<Vec<RefusedField>, PaymentError> {
        self.inner.check(request, context).await
    }

    async fn payment(&self, id: PaymentId, context: &HeaderMap) -> Result<Payment, PaymentError> {
        self.inner.payment(id, context).await
    }

    async fn find(&self, key: &PaymentKey, context: &HeaderMap) -> Result<Payment, PaymentError> {
        self.trap.through(self.inner.find(key, context)).await
    }

    async fn capture(
        &self,
        key: &PaymentKey,
        request: &PartRequest,
        context: &HeaderMap,
    ) -> Result<Payment, PaymentError> {
        self.trap.through(self.inner.capture(key, request, context)).await
    }

    async fn refund(
        &self,
        key: &PaymentKey,
        request: &PartRequest,
        context: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError> {
        self.trap.through(self.inner.refund(key, request, context)).await
    }

    async fn void(
        &self,
        key: &PaymentKey,
        request: &VoidRequest,
        context: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError> {
        self.trap.through(self.inner.void(key, request, context)).await
    }
}

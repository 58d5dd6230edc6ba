use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use peer::{CallContext, Peer, PeerError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vocabulary::ItemId;

use crate::{
    ExtendRequest, Free, HandOverRequest, HoldRequest, Item, Period, Reservation, ReservationError, ReservationId,
};

/// How long a caller waits for the inventory in all: a hold on a busy item takes its turn.
const PATIENCE: Duration = Duration::from_secs(3);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What other services ask the inventory. Every call may be repeated: with the same id it happens once. `context` carries
/// the request's id and trace; an empty one is that of background work.
#[async_trait]
pub trait ReservationClient: Send + Sync {
    /// An item that everybody may see.
    ///
    /// # Errors
    /// [`ReservationError::Missing`] also when it is retired.
    async fn item(&self, id: ItemId, context: &HeaderMap) -> Result<Item, ReservationError>;

    /// How many units could be held for this period, or pieces without one. Nothing is held.
    ///
    /// # Errors
    /// [`ReservationError::Refused`] for a period that the item is not lent for.
    async fn free(&self, id: ItemId, period: Option<Period>, context: &HeaderMap) -> Result<u32, ReservationError>;

    /// Sets units or pieces aside under an id of the caller's own choice, a new UUID.
    ///
    /// # Errors
    /// [`ReservationError::Conflict`] when not so many are free, the item is not offered now, or the id was released.
    async fn hold(
        &self,
        id: ReservationId,
        request: &HoldRequest,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError>;

    /// The reservation as it is now; a hold whose time is over is `expired`.
    ///
    /// # Errors
    /// [`ReservationError::Missing`] when nothing was held under this id.
    async fn reservation(&self, id: ReservationId, context: &HeaderMap) -> Result<Reservation, ReservationError>;

    /// Lets a hold last for at least this long from now.
    ///
    /// # Errors
    /// [`ReservationError::Conflict`] when it is no hold any more.
    async fn extend(
        &self,
        id: ReservationId,
        time: Duration,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError>;

    /// Promises what was held.
    ///
    /// # Errors
    /// [`ReservationError::Conflict`] when the hold has expired or was released.
    async fn confirm(&self, id: ReservationId, context: &HeaderMap) -> Result<Reservation, ReservationError>;

    /// Hands over what was promised, with a note on its condition.
    ///
    /// # Errors
    /// [`ReservationError::Conflict`] unless it is confirmed.
    async fn check_out(
        &self,
        id: ReservationId,
        note: Option<&str>,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError>;

    /// Takes back what was lent, with a note on its condition.
    ///
    /// # Errors
    /// [`ReservationError::Conflict`] unless it is checked out.
    async fn take_back(
        &self,
        id: ReservationId,
        note: Option<&str>,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError>;

    /// Gives up what was held or promised. If nothing was held under this id, nothing ever will be.
    ///
    /// # Errors
    /// [`ReservationError::Conflict`] when it is checked out or returned.
    async fn release(&self, id: ReservationId, context: &HeaderMap) -> Result<(), ReservationError>;
}

/// Asks over HTTP, behind a circuit breaker. The peer carries the service credential.
#[derive(Debug, Clone)]
pub struct HttpReservations {
    peer: Peer,
}

impl HttpReservations {
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        context: &HeaderMap,
    ) -> Result<T, ReservationError> {
        let context = CallContext::serving(context, PATIENCE);
        let call = self.peer.get(path, &context);
        let call = query.iter().fold(call, |call, (name, value)| call.query(name, value));
        call.receive().await.map_err(refusal)
    }

    async fn step(
        &self,
        id: ReservationId,
        step: &str,
        body: &(impl Serialize + Sync),
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let path = format!("/internal/v1/reservations/{id}/{step}");
        self.peer.post(&path, &context).json(body).receive().await.map_err(refusal)
    }
}

#[async_trait]
impl ReservationClient for HttpReservations {
    async fn item(&self, id: ItemId, context: &HeaderMap) -> Result<Item, ReservationError> {
        self.get(&format!("/api/v1/items/{id}"), &[], context).await
    }

    async fn free(&self, id: ItemId, period: Option<Period>, context: &HeaderMap) -> Result<u32, ReservationError> {
        let bounds = period.map(|Period { start, end }| [("start", start.to_rfc3339()), ("end", end.to_rfc3339())]);
        let query = bounds.as_ref().map_or(&[][..], |bounds| bounds);
        let Free { free } = self.get(&format!("/internal/v1/items/{id}/free"), query, context).await?;
        Ok(free)
    }

    async fn hold(
        &self,
        id: ReservationId,
        request: &HoldRequest,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let key = HeaderValue::try_from(id.to_string()).unwrap_or(HeaderValue::from_static(""));
        let call = self.peer.post("/internal/v1/reservations", &context).header(IDEMPOTENCY_KEY, key).json(request);
        call.receive().await.map_err(refusal)
    }

    async fn reservation(&self, id: ReservationId, context: &HeaderMap) -> Result<Reservation, ReservationError> {
        self.get(&format!("/internal/v1/reservations/{id}"), &[], context).await
    }

    async fn extend(
        &self,
        id: ReservationId,
        time: Duration,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        let request = ExtendRequest { ttl_seconds: i64::try_from(time.as_secs()).ok() };
        self.step(id, "extend", &request, context).await
    }

    async fn confirm(&self, id: ReservationId, context: &HeaderMap) -> Result<Reservation, ReservationError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let path = format!("/internal/v1/reservations/{id}/confirm");
        self.peer.post(&path, &context).receive().await.map_err(refusal)
    }

    async fn check_out(
        &self,
        id: ReservationId,
        note: Option<&str>,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        self.step(id, "check-out", &HandOverRequest { note: note.map(ToOwned::to_owned) }, context).await
    }

    async fn take_back(
        &self,
        id: ReservationId,
        note: Option<&str>,
        context: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        self.step(id, "return", &HandOverRequest { note: note.map(ToOwned::to_owned) }, context).await
    }

    async fn release(&self, id: ReservationId, context: &HeaderMap) -> Result<(), ReservationError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let path = format!("/internal/v1/reservations/{id}/release");
        self.peer.post(&path, &context).acknowledge().await.map_err(refusal)
    }
}

/// What the inventory has said, or that it has said nothing of use.
fn refusal(error: PeerError) -> ReservationError {
    let PeerError::Status { status, body, .. } = &error else {
        return ReservationError::Unavailable(error);
    };
    let detail = || ReservationError::detail_of(body);
    match *status {
        StatusCode::NOT_FOUND | StatusCode::GONE => ReservationError::Missing(detail()),
        // Somebody else was in the way, and is not for long.
        StatusCode::CONFLICT if error.retry_after().is_some() => ReservationError::Unavailable(error),
        StatusCode::CONFLICT => ReservationError::Conflict(detail()),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => ReservationError::Refused(detail()),
        _ => ReservationError::Unavailable(error),
    }
}

use std::time::Duration;

use async_trait::async_trait;
use axum::extract::{FromRef, Json, State};
use peer::{CallContext, Peer, PeerError};
use problem::{FieldErrors, Problem, ProblemBody};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use service_kit::caller::ServiceCaller;
use service_kit::credential::ServiceCredentials;
use service_kit::db::to_problem;
use service_kit::http::QueryOf;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Event, Outbox};

/// How long a consumer waits for a page.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most events of a page.
pub(crate) const PAGE: u64 = 200;

/// Events of one producer in the order of their sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedPage {
    /// The lowest sequence that can still be asked for; one above `head` when there is none.
    pub oldest: i64,
    /// The highest sequence there is.
    pub head: i64,
    pub events: Vec<Event>,
}

/// Where the events of one producer can be read again.
#[async_trait]
pub trait Feed: Send + Sync {
    /// The events after a sequence, at most a page of them.
    ///
    /// # Errors
    /// When there is no answer.
    async fn after(&self, sequence: i64) -> Result<FeedPage, FeedError>;
}

/// A feed gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("the feed cannot be asked")]
    Peer(#[from] PeerError),
    #[error("the outbox cannot be read")]
    Database(#[from] DbErr),
}

/// Asks a producer over HTTP. The peer carries the service credential.
#[derive(Debug, Clone)]
pub struct HttpFeed {
    peer: Peer,
}

impl HttpFeed {
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

#[async_trait]
impl Feed for HttpFeed {
    async fn after(&self, sequence: i64) -> Result<FeedPage, FeedError> {
        let context = CallContext::within(PATIENCE);
        let call = self.peer.get("/internal/v1/events", &context);
        let call = call.query("after", &sequence.to_string()).query("limit", &PAGE.to_string());
        Ok(call.receive().await?)
    }
}

#[async_trait]
impl Feed for Outbox {
    async fn after(&self, sequence: i64) -> Result<FeedPage, FeedError> {
        Ok(page(self, sequence, PAGE).await?)
    }
}

/// The route `GET /internal/v1/events`, for a producer to merge with its own.
pub fn feed_routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Outbox: FromRef<S>,
    ServiceCredentials: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list_events))
}

/// From where, and how many.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListEvents {
    /// The last sequence the reader has; 0 unless given.
    #[param(value_type = Option<i64>)]
    after: Option<String>,
    /// 1 to 200; 200 unless given.
    #[param(value_type = Option<i64>)]
    limit: Option<String>,
}

/// What has happened, in order
///
/// Events are kept for seven days. Their numbers have no gaps and are final: below a number that was shown, no other will
/// ever appear.
#[utoipa::path(
    get,
    path = "/internal/v1/events",
    tag = "internal",
    params(ListEvents),
    security(("service" = [])),
    responses(
        (status = 200, description = "The events after `after`", body = FeedPage),
        (status = 400, description = "A parameter is unknown", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Some parameters were refused; `errors` lists them", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer; `Retry-After` says when to try again",
            body = ProblemBody, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_events(
    State(outbox): State<Outbox>,
    _: ServiceCaller,
    QueryOf(query): QueryOf<ListEvents>,
) -> Result<Json<FeedPage>, Problem> {
    let mut errors = FieldErrors::default();
    let after = number(&mut errors, "after", query.after.as_deref(), (0, i64::MAX), 0);
    let limit = number(&mut errors, "limit", query.limit.as_deref(), (1, PAGE.cast_signed()), PAGE.cast_signed());
    let (after, limit) = errors.finish(Some((after, limit)))?;
    page(&outbox, after, limit.unsigned_abs()).await.map(Json).map_err(|error| to_problem(&error))
}

fn number(errors: &mut FieldErrors, name: &str, text: Option<&str>, (least, most): (i64, i64), absent: i64) -> i64 {
    let Some(text) = text else { return absent };
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.unwrap_or_else(|| {
        errors.refuse(name, "out_of_range", format!("It is a whole number from {least} to {most}."));
        absent
    })
}

async fn page(outbox: &Outbox, after: i64, limit: u64) -> Result<FeedPage, DbErr> {
    let stretch = outbox.after(after, limit).await?;
    Ok(FeedPage { oldest: stretch.oldest, head: stretch.head, events: stretch.events })
}

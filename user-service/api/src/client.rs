use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, StatusCode};
use peer::{CallContext, Peer, PeerError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Secret, UserId};

use crate::{ValidateTokenRequest, Validation};

/// How long a caller waits for the user service in all. A write that cannot be validated is refused within a second, and
/// the rest of that second belongs to the gateway.
const PATIENCE: Duration = Duration::from_millis(600);

/// What other services ask the user service.
#[async_trait]
pub trait Users: Send + Sync {
    /// Whether an access token is good now, and whom it speaks for. `context` carries the request's id and trace.
    ///
    /// # Errors
    /// When there is no answer. The caller then refuses: it never takes a token on trust.
    async fn validate_token(&self, token: &str, context: &HeaderMap) -> Result<Validation, UsersError>;

    /// The account with this e-mail, if there is one.
    ///
    /// # Errors
    /// When there is no answer.
    async fn find_by_email(&self, email: &str) -> Result<Option<UserLookup>, UsersError>;
}

/// An account as services look it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserLookup {
    pub id: UserId,
    pub display_name: String,
}

/// The user service gave no usable answer.
#[derive(Debug, thiserror::Error)]
#[error("the user service gave no answer: {reason}")]
pub struct UsersError {
    reason: String,
    retry_after: Option<Duration>,
    #[source]
    source: Option<PeerError>,
}

impl UsersError {
    /// No answer, for a reason known here.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry_after: None, source: None }
    }

    /// The same for somebody else who waited for the same answer; what lies behind it belongs to the first.
    pub(crate) fn for_another(&self) -> Self {
        Self { reason: self.reason.clone(), retry_after: self.retry_after, source: None }
    }

    /// When asking again makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<PeerError> for UsersError {
    fn from(source: PeerError) -> Self {
        Self { reason: source.to_string(), retry_after: source.retry_after(), source: Some(source) }
    }
}

/// Asks over HTTP, behind a circuit breaker. The peer carries the service credential.
#[derive(Debug, Clone)]
pub struct HttpUsers {
    peer: Peer,
}

impl HttpUsers {
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

#[async_trait]
impl Users for HttpUsers {
    async fn validate_token(&self, token: &str, context: &HeaderMap) -> Result<Validation, UsersError> {
        // Asking twice changes nothing, so it may be repeated, and there is to be time left for that.
        let context = CallContext::serving(context, PATIENCE).idempotent().halved();
        let question = ValidateTokenRequest { token: Some(Secret::new(token)) };
        let call = self.peer.post("/internal/v1/validate-token", &context).json(&question);
        Ok(call.receive().await?)
    }

    async fn find_by_email(&self, email: &str) -> Result<Option<UserLookup>, UsersError> {
        let context = CallContext::within(PATIENCE);
        let call = self.peer.get("/internal/v1/users", &context).query("email", email);
        match call.receive().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

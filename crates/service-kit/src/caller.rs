//! Who makes a request: an extractor, so that a handler's signature says whom it serves.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::request::Parts;
use ::http::{HeaderMap, HeaderValue};
use axum::extract::{FromRef, FromRequestParts};
use peer::PROXY_STATUS;
use problem::{Kind, Problem};
use user_api::{ActiveToken, Role, Users, Validation};
use vocabulary::{SessionId, UserId};

use crate::credential::{ServiceCredentials, bearer};
use crate::http::outgoing_context;

/// Says in terms of RFC 9209 that this service is well and the user service is not.
const USERS_MISSING: &str = "lendery; error=destination_unavailable; next-hop=user-service";

/// A member whose access token the user service has just called active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub roles: Vec<Role>,
}

impl Caller {
    /// Whether the caller looks after everybody's things.
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Lets the owner and administrators pass.
    ///
    /// # Errors
    /// 403 for anybody else.
    pub fn owns_or_administers(&self, owner: UserId) -> Result<(), Problem> {
        if self.user_id == owner || self.is_admin() { Ok(()) } else { Err(Problem::new(Kind::Forbidden)) }
    }
}

impl From<ActiveToken> for Caller {
    fn from(token: ActiveToken) -> Self {
        Self { user_id: token.sub, session_id: token.sid, roles: token.roles }
    }
}

/// Asks the user service whose token it is. Fails closed: when there is no answer, nobody passes.
#[derive(Clone)]
pub struct Sessions(Arc<dyn Users>);

impl Sessions {
    pub fn new(users: Arc<dyn Users>) -> Self {
        Self(users)
    }

    /// Who has sent these headers. For answers that last: an extractor asks once, when they begin.
    ///
    /// # Errors
    /// 401 without an active token, 503 when the user service does not answer.
    pub async fn caller(&self, headers: &HeaderMap, context: &HeaderMap) -> Result<Caller, Problem> {
        let Some(token) = bearer(headers) else {
            return Err(Problem::invalid_token("The call needs one header Authorization: Bearer <access token>."));
        };
        match self.0.validate_token(token, context).await {
            Ok(Validation::Active(active)) => Ok(active.into()),
            Ok(Validation::Inactive) => Err(Problem::invalid_token("The access token is not active.")),
            Err(error) => {
                tracing::warn!(error = %error, "token not validated");
                let wait = error.retry_after().unwrap_or(Duration::from_secs(1));
                let problem =
                    Problem::unavailable("Sign-ins cannot be checked at the moment. Nothing was changed.", wait);
                // Whoever stands before this service must not take it for the broken one: reads go on.
                Err(problem.with_header(PROXY_STATUS, HeaderValue::from_static(USERS_MISSING)))
            }
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Sessions: FromRef<S>,
{
    type Rejection = Problem;

    /// # Errors
    /// 401 without an active token, 503 when the user service does not answer.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Sessions::from_ref(state).caller(&parts.headers, &outgoing_context(parts)).await
    }
}

/// Another service, known by its credential. Guards every route under `/internal`.
#[derive(Debug, Clone, Copy)]
pub struct ServiceCaller;

impl<S> FromRequestParts<S> for ServiceCaller
where
    S: Send + Sync,
    ServiceCredentials: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        ServiceCredentials::from_ref(state).check(&parts.headers).map(|()| Self)
    }
}

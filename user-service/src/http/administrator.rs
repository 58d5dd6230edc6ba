use ::http::request::Parts;
use axum::extract::{FromRef, FromRequestParts};
use problem::{Kind, Problem};
use service_kit::caller::{Caller, Sessions};

/// A caller who looks after everybody's accounts.
#[derive(Debug)]
pub(super) struct Administrator(pub(super) Caller);

impl<S> FromRequestParts<S> for Administrator
where
    S: Send + Sync,
    Sessions: FromRef<S>,
{
    type Rejection = Problem;

    /// # Errors
    /// As [`Caller`], and 403 for a member who is none.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if !caller.is_admin() {
            return Err(Problem::because(Kind::Forbidden, "This is for administrators."));
        }
        Ok(Self(caller))
    }
}

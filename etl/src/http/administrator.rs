use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use problem::{Kind, Problem};
use service_kit::caller::{Caller, Sessions};

/// A caller who looks after everybody's things; nobody else may see the warehouse.
#[derive(Debug)]
pub(super) struct Administrator;

impl<S> FromRequestParts<S> for Administrator
where
    S: Send + Sync,
    Sessions: FromRef<S>,
{
    type Rejection = Problem;

    /// # Errors
    /// As [`Caller`], and 403 for a member who is no administrator.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        if Caller::from_request_parts(parts, state).await?.is_admin() {
            Ok(Self)
        } else {
            Err(Problem::because(Kind::Forbidden, "This is for administrators."))
        }
    }
}

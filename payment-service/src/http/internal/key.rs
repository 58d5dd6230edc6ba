use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use problem::{Kind, Problem};

use crate::domain::step::Key;

/// The key in the path; what is none names nothing, so it is answered 404.
#[derive(Debug, Clone)]
pub(crate) struct PathKey(pub(crate) Key);

impl<S: Send + Sync> FromRequestParts<S> for PathKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let missing = || Problem::because(Kind::NotFound, "The address does not name an order and a step.");
        let path: Path<(String, String)> = Path::from_request_parts(parts, state).await.map_err(|_| missing())?;
        let Path((order_id, step)) = path;
        match (order_id.parse(), step.parse()) {
            (Ok(order_id), Ok(step)) => Ok(Self(Key { order_id, step })),
            _ => Err(missing()),
        }
    }
}

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use problem::{Kind, Problem};
use serde::de::DeserializeOwned;

/// What the path of an address names. A path that could name nothing is a 404.
#[derive(Debug)]
pub(super) struct Address<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Address<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(named)| Self(named)).map_err(|_| Problem::new(Kind::NotFound))
    }
}

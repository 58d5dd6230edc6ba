use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use problem::{Kind, Problem};

/// The text in the path that may be a category's slug. What is no slug names nothing, so it is answered 404.
#[derive(Debug)]
pub(crate) struct PathSlug(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathSlug {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Path(slug) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::new(Kind::NotFound))?;
        Ok(Self(slug))
    }
}

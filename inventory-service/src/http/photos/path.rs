use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use inventory_api::PhotoId;
use problem::{Kind, Problem};
use vocabulary::ItemId;

/// The ids of an item and of one of its photos. What is no id names nothing, so it is answered 404.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhotoPath(pub(crate) ItemId, pub(crate) PhotoId);

impl<S: Send + Sync> FromRequestParts<S> for PhotoPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let missing = || Problem::new(Kind::NotFound);
        let Path((item, photo)): Path<(String, String)> =
            Path::from_request_parts(parts, state).await.map_err(|_| missing())?;
        let ids = item.parse().ok().zip(photo.parse().ok());
        ids.map(|(item, photo)| Self(item, photo)).ok_or_else(missing)
    }
}

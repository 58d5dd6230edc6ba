use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::Uri;

use super::Web;

/// A file that pages need beside themselves.
pub(super) async fn file(State(web): State<Arc<Web>>, uri: Uri) -> Response {
    web.assets.get(uri.path())
}

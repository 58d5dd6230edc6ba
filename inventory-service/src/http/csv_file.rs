use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use problem::Problem;
use vocabulary::UserId;

use crate::app::App;
use crate::app::export::export;

/// The file of an owner's items, sent as it is written. Should the database fail half way the connection breaks off, so that
/// nobody takes a part for the whole.
pub(super) async fn csv_file(app: App, owner: UserId) -> Result<Response, Problem> {
    let file = Body::from_stream(export(app, owner).await?);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"items.csv\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers.map(|(name, value)| (name, HeaderValue::from_static(value))), file).into_response())
}

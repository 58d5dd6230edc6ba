use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use problem::{Kind, Problem};

use crate::words::Language;

/// Sends a reader whose address names no language to the same page in the one they like best.
pub(super) async fn redirect(uri: Uri, headers: HeaderMap) -> Response {
    let language = Language::preferred(&headers);
    let path = uri.path().trim_end_matches('/');
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let Ok(location) = HeaderValue::try_from(format!("/{}{path}{query}", language.tag())) else {
        return Problem::new(Kind::MalformedRequest).into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::FOUND, headers).into_response()
}

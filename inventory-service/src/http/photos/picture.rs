use std::time::Duration;

use ::photos::{MEDIA_TYPE, Rendition, StoreError};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use inventory_api::PhotoId;
use problem::{Kind, Problem};

use super::representation::group;
use crate::app::App;

/// A year, which is for good (RFC 8246).
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");

/// One of the two pictures of a photo, or 304 for who has it.
pub(super) async fn picture(
    app: &App,
    id: PhotoId,
    rendition: Rendition,
    asked: &HeaderMap,
) -> Result<Response, Problem> {
    let found = app.photos.get(id.uuid(), rendition).await.map_err(|error| unreadable(&error))?;
    let found = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let etag = found.etag();
    let modified = found.last_modified().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let has_it = has(asked, &etag);
    let length = found.length();
    let mut response =
        if has_it { Response::new(Body::empty()) } else { Response::new(Body::from_stream(found.stream())) };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, FOREVER);
    for (name, value) in
        [(header::ETAG, etag), (header::LAST_MODIFIED, modified), (CACHE_GROUPS, format!("\"{}\"", group(id)))]
    {
        headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    }
    if has_it {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    Ok(response)
}

/// Whether `If-None-Match` names the picture (RFC 9110 §13.1.2).
fn has(asked: &HeaderMap, etag: &str) -> bool {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn unreadable(error: &StoreError) -> Problem {
    tracing::error!(error = %error, "a photo cannot be read");
    Problem::unavailable("The photo cannot be read at the moment; try again later.", Duration::from_secs(10))
}

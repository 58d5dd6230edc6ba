use askama::Template;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, HeaderValue, StatusCode, header};
use problem::{Kind, Problem};
use sha2::{Digest, Sha256};

const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// Who may keep a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keep {
    /// No cache: it is one person's, or it misses something.
    Nobody,
    /// The gateway, until a write names one of these groups (RFC 9875) or the seconds are over; browsers ask each time.
    Gateway { groups: Vec<String>, seconds: u32 },
}

/// A whole page.
#[derive(Debug)]
pub(crate) struct Page<T> {
    template: T,
    status: StatusCode,
    keep: Keep,
}

impl<T: Template> Page<T> {
    /// A page that nobody keeps.
    pub(crate) fn new(template: T) -> Self {
        Self { template, status: StatusCode::OK, keep: Keep::Nobody }
    }

    #[must_use]
    pub(crate) fn keep(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    #[must_use]
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let html = match self.template.render() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(error = %error, "page not rendered");
                return Problem::new(Kind::Internal).into_response();
            }
        };
        let validator = etag(html.as_bytes());
        let mut response = Response::new(html.into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        match self.keep {
            Keep::Nobody => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            }
            Keep::Gateway { groups, seconds } => {
                let kept = format!("max-age={seconds}, stale-while-revalidate=10, stale-if-error=86400");
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
                headers.insert(header::ETAG, validator);
                headers.extend(HeaderValue::try_from(kept).map(|kept| (CDN_CACHE_CONTROL, kept)));
                headers.extend(HeaderValue::try_from(string_list(&groups)).map(|groups| (CACHE_GROUPS, groups)));
            }
        }
        response
    }
}

/// Sends the browser to a page of ours after a form (303, RFC 9110 §15.4.4).
pub(crate) fn redirect(to: &str) -> Response {
    match HeaderValue::try_from(to) {
        Ok(location) => {
            let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => Problem::new(Kind::MalformedRequest).into_response(),
    }
}

/// A structured-field list of strings (RFC 9651 §3.1); our groups hold neither quotes nor backslashes.
fn string_list(groups: &[String]) -> String {
    groups.iter().map(|group| format!("\"{group}\"")).collect::<Vec<_>>().join(", ")
}

fn etag(bytes: &[u8]) -> HeaderValue {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let text = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12]));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
}

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use problem::{Kind, Problem};
use service_kit::serve::limits::{body_problem, too_large};

/// Bytes of a file that is imported: about half a million rows.
pub(crate) const FILE_BYTES: usize = 64 * 1024 * 1024;

/// A file of comma-separated values (RFC 4180), whole.
#[derive(Debug)]
pub(crate) struct CsvBody(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for CsvBody {
    type Rejection = Problem;

    /// # Errors
    /// 415 for another media type, 413 for too many bytes, 400 when the body breaks off.
    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("text/csv") {
            return Err(Problem::because(Kind::UnsupportedMediaType, "This call takes a file with the type text/csv."));
        }
        if announced(&request).is_some_and(|bytes| bytes > FILE_BYTES as u64) {
            return Err(too_large(FILE_BYTES as u64));
        }
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|rejection| body_problem(&rejection, FILE_BYTES as u64))
    }
}

/// The length of the body that is to come. The layers around the body hide the one it knows itself.
fn announced(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

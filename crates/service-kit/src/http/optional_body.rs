use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use problem::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::JsonBody;
use crate::serve::limits::{BODY_BYTES, body_problem};

/// A JSON body that may be left out, because each of its fields may be: no body, and `null`, mean an object without any.
#[derive(Debug, Clone)]
pub struct OptionalJsonBody<T> {
    pub value: T,
    /// As received, for the digest of an idempotent request; what means the same without a body is the same here.
    pub bytes: Bytes,
}

/// A body without fields: whoever sends some is told so, instead of being misunderstood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

impl<S, T> FromRequest<S> for OptionalJsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Default,
{
    type Rejection = Problem;

    /// # Errors
    /// Those of [`JsonBody`], if there is a body.
    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        const NOTHING: &[u8] = b"{}";
        let (parts, body) = request.into_parts();
        let read = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let bytes = read.map_err(|rejection| body_problem(&rejection, BODY_BYTES as u64))?;
        if bytes.is_empty() {
            return Ok(Self { value: T::default(), bytes: Bytes::from_static(NOTHING) });
        }
        let given = Request::from_parts(parts, Body::from(bytes));
        let JsonBody { value, bytes } = JsonBody::<Option<T>>::from_request(given, state).await?;
        Ok(match value {
            Some(value) => Self { value, bytes },
            None => Self { value: T::default(), bytes: Bytes::from_static(NOTHING) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::CONTENT_TYPE;
    use problem::Kind;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Note {
        note: Option<String>,
    }

    async fn read<T: DeserializeOwned + Default>(media_type: &str, body: &'static str) -> Result<T, Kind> {
        let request = Request::post("/").header(CONTENT_TYPE, media_type).body(Body::from(body)).unwrap();
        let read = OptionalJsonBody::<T>::from_request(request, &()).await;
        read.map(|body| body.value).map_err(|problem| problem.kind())
    }

    #[tokio::test]
    async fn no_body_is_a_body_without_fields() {
        for (media_type, body) in [("", ""), ("application/json", ""), ("application/json", "null"), ("text/plain", "")]
        {
            assert_eq!(read::<Note>(media_type, body).await, Ok(Note::default()), "{media_type} {body}");
        }
        let note = read::<Note>("application/json", r#"{"note":"a"}"#).await.unwrap();
        assert_eq!(note.note.as_deref(), Some("a"));
    }

    #[tokio::test]
    async fn a_body_that_is_given_is_read_as_strictly_as_any() {
        for (media_type, body, kind) in [
            ("text/plain", "{}", Kind::UnsupportedMediaType),
            ("application/json", "{", Kind::MalformedJson),
            ("application/json", "[]", Kind::InvalidFields),
            ("application/json", r#"{"colour":1}"#, Kind::UnknownField),
        ] {
            assert_eq!(read::<Note>(media_type, body).await, Err(kind), "{body}");
            assert_eq!(read::<NoFields>(media_type, body).await, Err(kind), "{body}");
        }
    }
}

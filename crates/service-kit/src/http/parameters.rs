use ::http::request::Parts;
use axum::extract::{FromRequestParts, Path, Query};
use percent_encoding::percent_decode_str;
use problem::{Kind, Problem};
use serde::de::DeserializeOwned;
use vocabulary::Id;

/// The id in the last variable part of the path. What is no id names nothing, so it is answered 404.
#[derive(Debug, Clone, Copy)]
pub struct PathId<K>(pub Id<K>);

impl<S, K> FromRequestParts<S> for PathId<K>
where
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let missing = |_| Problem::new(Kind::NotFound);
        let Path(values): Path<Vec<(String, String)>> =
            Path::from_request_parts(parts, state).await.map_err(missing)?;
        let id = values.last().and_then(|(_name, text)| text.parse().ok());
        id.map(Self).ok_or_else(|| Problem::because(Kind::NotFound, "The last part of the address is not an id."))
    }
}

/// The query as a `T` that denies unknown fields; every field is text, parsed later so that all bad ones are reported.
#[derive(Debug, Clone)]
pub struct QueryOf<T>(pub T);

impl<S, T> FromRequestParts<S> for QueryOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    /// # Errors
    /// 400 for an unknown or repeated parameter, or an encoding that is none.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        // Axum would put U+FFFD in the place of what is no text, and search for that.
        if percent_decode_str(parts.uri.query().unwrap_or_default()).decode_utf8().is_err() {
            return Err(Problem::because(Kind::MalformedRequest, "The query's percent escapes are not UTF-8."));
        }
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let words = rejection.body_text();
                // Which parameter it was, without what axum was doing.
                let words = words.split_once(": ").map_or(words.as_str(), |(_, words)| words);
                Err(Problem::because(Kind::UnknownParameter, words))
            }
        }
    }
}

/// Asserts that a route takes no query parameters.
#[derive(Debug, Clone, Copy)]
pub struct NoParameters;

impl<S: Send + Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Problem;

    /// # Errors
    /// 400 when there are any.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        match parts.uri.query() {
            None | Some("") => Ok(Self),
            Some(_) => Err(Problem::because(Kind::UnknownParameter, "This address takes no query parameters.")),
        }
    }
}

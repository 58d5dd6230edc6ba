use ::http::{HeaderMap, HeaderValue, header};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use problem::{FieldProblem, Kind, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use super::merge_patch::{keep_idle_nulls, merge_patch};
use super::unrepeated::Unrepeated;
use super::wording::in_plain_words;
use crate::serve::limits::{BODY_BYTES, body_problem};

/// A JSON body, parsed, with the bytes it was parsed from.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    pub value: T,
    /// As received, for the digest of an idempotent request.
    pub bytes: Bytes,
}

/// A body of `application/merge-patch+json` (RFC 7396).
#[derive(Debug, Clone)]
pub struct MergePatchBody(pub Value);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    /// # Errors
    /// 415 for another media type, 413 for too many bytes, 400 for broken JSON or an unknown field, 422 for a value of the
    /// wrong type.
    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        require_type(request.headers(), "application/json")?;
        let bytes = read(request, state).await?;
        parse_object(&bytes).map(|value| Self { value, bytes })
    }
}

impl<S: Send + Sync> FromRequest<S> for MergePatchBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        require_type(request.headers(), "application/merge-patch+json")?;
        let bytes = read(request, state).await?;
        let Unrepeated(patch) = parse(&bytes)?;
        if patch.is_object() {
            Ok(Self(patch))
        } else {
            Err(Problem::because(Kind::MalformedJson, "A merge patch of a resource is a JSON object."))
        }
    }
}

impl MergePatchBody {
    /// The document `target` with this patch applied.
    ///
    /// # Errors
    /// 400 for a member that `T` does not have, 422 for a value of the wrong type.
    pub fn apply<T: Serialize + DeserializeOwned>(self, target: &T) -> Result<T, Problem> {
        let before = serde_json::to_value(target).map_err(|_| Problem::new(Kind::Internal))?;
        let mut patched = merge_patch(before.clone(), self.0.clone());
        keep_idle_nulls(&before, &self.0, &mut patched);
        serde_path_to_error::deserialize(&patched).map_err(|error| {
            let pointer = pointer(error.path());
            with_all_wrong_types::<T>(refusal(&error.into_inner(), pointer), &patched)
        })
    }
}

/// Parses a JSON object into `T`. serde would take an array for a struct as well, field by field.
fn parse_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        let _well_formed: serde::de::IgnoredAny = parse(bytes)?;
        return Err(wrong_type(String::new(), "The body has to be a JSON object.".to_owned()));
    }
    parse(bytes).map_err(|problem| match serde_json::from_slice(bytes) {
        Ok(document) => with_all_wrong_types::<T>(problem, &document),
        Err(_) => problem,
    })
}

/// The problem with every member of the document that has a wrong type, of which serde names only the first: each member is tried
/// by itself.
fn with_all_wrong_types<T: DeserializeOwned>(problem: Problem, document: &Value) -> Problem {
    let Value::Object(members) = document else {
        return problem;
    };
    if problem.kind() != Kind::InvalidFields {
        return problem;
    }
    let wrong = members.iter().filter_map(|(name, value)| {
        let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
        let error = serde_path_to_error::deserialize::<_, T>(&alone).err()?;
        // Without a place it is about what is missing beside the member.
        let place = Some(pointer(error.path())).filter(|place| !place.is_empty())?;
        let refused = refusal(&error.into_inner(), place);
        (refused.kind() == Kind::InvalidFields).then(|| refused.errors().to_vec())
    });
    let wrong: Vec<_> = wrong.flatten().collect();
    if wrong.is_empty() { problem } else { Problem::invalid(wrong) }
}

/// Parses JSON into `T`; what is wrong becomes a problem that names the place.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        refusal(&error.into_inner(), pointer)
    })?;
    json.end().map_err(|error| refusal(&error, String::new()))?;
    Ok(value)
}

fn refusal(error: &serde_json::Error, pointer: String) -> Problem {
    match error.classify() {
        Category::Io | Category::Syntax | Category::Eof => Problem::because(Kind::MalformedJson, error.to_string()),
        Category::Data => {
            // serde has no other sign for a field that `deny_unknown_fields` refused than its words.
            let words = error.to_string();
            if words.starts_with("unknown field") || words.starts_with("duplicate field") {
                return Problem::because(Kind::UnknownField, words);
            }
            wrong_type(pointer, in_plain_words(&words))
        }
    }
}

fn wrong_type(pointer: String, detail: String) -> Problem {
    Problem::invalid(vec![FieldProblem { pointer, code: "wrong_type".into(), detail }])
}

/// The place as a JSON Pointer (RFC 6901 §3).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    segments.collect()
}

fn require_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let coding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
    if !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity") {
        let detail = "This call takes bodies as they are, without Content-Encoding.";
        return Err(Problem::because(Kind::UnsupportedMediaType, detail));
    }
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let detail = format!("This call takes {wanted}; Content-Type says {}.", quoted(essence));
    Err(Problem::because(Kind::UnsupportedMediaType, detail))
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("{text:?}") }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == ::http::StatusCode::PAYLOAD_TOO_LARGE {
            Problem::because(Kind::BodyTooLarge, "A JSON body here has at most 65,536 bytes.")
        } else {
            body_problem(&rejection, BODY_BYTES as u64)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u8,
    }

    #[test]
    fn what_is_wrong_with_a_body_has_the_kind_of_the_contract() {
        for (body, kind) in [
            ("", Kind::MalformedJson),
            ("{", Kind::MalformedJson),
            ("{} {}", Kind::MalformedJson),
            (r#"{"outer":1}"#, Kind::UnknownField),
            (r#"{"inner":[{"count":1,"more":2}]}"#, Kind::UnknownField),
            (r#"{"inner":[{"count":"1"}]}"#, Kind::InvalidFields),
            (r#"{"inner":[{"count":256}]}"#, Kind::InvalidFields),
            ("[]", Kind::InvalidFields),
            ("[", Kind::MalformedJson),
            ("7", Kind::InvalidFields),
        ] {
            let problem = parse_object::<Sample>(body.as_bytes()).map(|sample| sample.inner[0].count).unwrap_err();
            assert_eq!(problem.kind(), kind, "{body}");
        }
    }

    #[test]
    fn a_patch_changes_the_members_it_names_and_no_others() {
        let apply = |patch| MergePatchBody(patch).apply(&Sample { inner: vec![Inner { count: 1 }] });
        assert_eq!(apply(serde_json::json!({})).unwrap().inner[0].count, 1);
        assert_eq!(apply(serde_json::json!({ "inner": [{ "count": 2 }] })).unwrap().inner[0].count, 2);
        assert_eq!(apply(serde_json::json!({ "inner": null })).unwrap().inner.len(), 0);
        for unknown in [serde_json::json!({ "outer": 1 }), serde_json::json!({ "outer": null })] {
            assert_eq!(apply(unknown).unwrap_err().kind(), Kind::UnknownField);
        }
        let problem = apply(serde_json::json!({ "inner": [{ "count": "2" }] })).unwrap_err();
        assert_eq!(problem.errors()[0].pointer, "/inner/0/count");
    }

    #[test]
    fn every_member_of_a_wrong_type_is_named() {
        #[derive(Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Three {
            name: String,
            #[serde(default)]
            units: u8,
            #[serde(default)]
            tags: Vec<String>,
        }
        let named =
            |problem: Problem| -> Vec<String> { problem.errors().iter().map(|error| error.pointer.clone()).collect() };
        let body = br#"{"name":7,"units":"many","tags":["a",1]}"#;
        assert_eq!(named(parse_object::<Three>(body).unwrap_err()), ["/name", "/tags/1", "/units"]);
        let patch = MergePatchBody(serde_json::json!({ "name": 7, "units": -1 }));
        assert_eq!(named(patch.apply(&Three::default()).unwrap_err()), ["/name", "/units"]);
        assert_eq!(named(parse_object::<Three>(br#"{"units":1}"#).unwrap_err()), [""], "what is missing has no place");
    }

    #[test]
    fn a_wrong_type_is_named_by_its_pointer() {
        let problem = parse_object::<Sample>(br#"{"inner":[{"count":1},{"count":-1}]}"#).unwrap_err();
        assert_eq!(problem.errors()[0].pointer, "/inner/1/count");
    }
}

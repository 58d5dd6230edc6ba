use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The members of an `application/problem+json` document (RFC 9457 §3.1) and the extensions Lendery adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where this kind of problem is explained, relative to the site.
    #[schema(example = "/problems/invalid-fields")]
    pub r#type: String,
    /// The same words for every problem of this kind.
    pub title: String,
    /// The status code of the response.
    pub status: u16,
    /// What was wrong this time, and what helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The kind as a word that programs can match on.
    #[schema(example = "invalid_fields")]
    pub code: String,
    /// Names this request in the operator's logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Each field that was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// One refused field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// A JSON Pointer (RFC 6901) into the body, or the name of a query parameter.
    #[schema(example = "/name")]
    pub pointer: String,
    /// The reason as a word that programs can match on.
    #[schema(value_type = String, example = "too_long")]
    pub code: Cow<'static, str>,
    /// The reason as a sentence for people.
    pub detail: String,
}

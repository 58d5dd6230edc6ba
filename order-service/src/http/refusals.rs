//! What operations answer when they refuse, for the OpenAPI document. Each type stands for the statuses of one cause.

use std::collections::BTreeMap;

use problem::ProblemBody;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// Of every operation.
pub(crate) enum Always {}
/// Of operations that ask who calls.
pub(crate) enum SignIn {}
/// Of operations that only some of those concerned may do.
pub(crate) enum Ownership {}
/// Of operations with a body.
pub(crate) enum Body {}
/// Of operations with an `Idempotency-Key`, and of those that others can contradict.
pub(crate) enum Contradiction {}
/// Of operations on one thing.
pub(crate) enum Missing {}
/// Of operations with parameters that have bounds.
pub(crate) enum Parameters {}

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Always {
    fn responses() -> Responses {
        problems(&[
            ("400", "The address, a header, a parameter or the body is malformed or unknown"),
            ("503", "A part of Lendery does not answer; `Retry-After` says when to try again"),
        ])
    }
}

impl IntoResponses for SignIn {
    fn responses() -> Responses {
        problems(&[("401", "No valid token")])
    }
}

impl IntoResponses for Ownership {
    fn responses() -> Responses {
        problems(&[("403", "Not the caller's to do")])
    }
}

impl IntoResponses for Body {
    fn responses() -> Responses {
        problems(&[
            ("413", "The body is too large"),
            ("415", "The body has another media type"),
            ("422", "Some fields were refused; `errors` lists them"),
        ])
    }
}

impl IntoResponses for Contradiction {
    fn responses() -> Responses {
        problems(&[("409", "The state of things does not allow it, or the same request is being worked on")])
    }
}

impl IntoResponses for Missing {
    fn responses() -> Responses {
        problems(&[("404", "Nothing there, or not for the caller to see")])
    }
}

impl IntoResponses for Parameters {
    fn responses() -> Responses {
        problems(&[("422", "Some parameters were refused; `errors` lists them")])
    }
}

fn problems(cases: &[(&str, &str)]) -> Responses {
    let entries = cases.iter().map(|(status, description)| ((*status).to_owned(), RefOr::T(problem(description))));
    entries.collect()
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(ProblemBody::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(problem::CONTENT_TYPE, content).build()
}

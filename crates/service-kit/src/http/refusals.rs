//! What operations answer when they refuse, for the OpenAPI documents of the services. Each type stands for the statuses of one cause.

use std::collections::BTreeMap;

use problem::ProblemBody;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// Of every operation.
#[derive(Debug)]
pub enum Always {}
/// Of operations that ask who calls.
#[derive(Debug)]
pub enum SignIn {}
/// Of operations that only some of those who sign in may do.
#[derive(Debug)]
pub enum Ownership {}
/// Of operations that change a version.
#[derive(Debug)]
pub enum Precondition {}
/// Of operations with a body.
#[derive(Debug)]
pub enum Body {}
/// Of operations with an `Idempotency-Key`, and of those that others can contradict.
#[derive(Debug)]
pub enum Contradiction {}
/// Of operations on one thing.
#[derive(Debug)]
pub enum Missing {}
/// Of operations with parameters that have bounds.
#[derive(Debug)]
pub enum Parameters {}

/// Descriptions of answers by their status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

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

impl IntoResponses for Precondition {
    fn responses() -> Responses {
        problems(&[("412", "`If-Match` names another version"), ("428", "`If-Match` is missing")])
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

/// Problems by their status, each with what it means.
pub fn problems(cases: &[(&str, &str)]) -> Responses {
    let entries = cases.iter().map(|(status, description)| ((*status).to_owned(), RefOr::T(problem(description))));
    entries.collect()
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(ProblemBody::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(problem::CONTENT_TYPE, content).build()
}

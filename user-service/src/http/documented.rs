//! What the OpenAPI document says of every operation alike.

use std::collections::BTreeMap;

use problem::{FieldProblem, ProblemBody};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi as _};

/// Answers of every operation: the query has an unknown parameter, the service is busy.
pub(super) struct Always;

/// Answers of operations that take a JSON body.
pub(super) struct TakesJson;

/// Answers of operations that take a form, besides their pages.
pub(super) struct TakesForm;

/// Answers of operations whose parameters have bounds.
pub(super) struct OutOfRange;

/// Answers of operations that take a bearer token: of a member, or of a service.
pub(super) struct TakesToken;

/// Answers of operations that only administrators may call.
pub(super) struct ForAdministrators;

/// Answers of operations that take `If-Match`.
pub(super) struct TakesIfMatch;

/// Answers of operations that hash a password.
pub(super) struct HashesPassword;

/// The document without its operations.
pub(super) fn document() -> OpenApi {
    Document::openapi()
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Lendery users",
        description = "Accounts, sessions and tokens. Errors are problems as RFC 9457 describes them.\n\n\
            No operation here takes an Idempotency-Key: the e-mail is the natural key of an account, so a registration sent \
            twice is answered 409 and creates one account; a refresh sent again within 5 seconds is given the same refresh \
            token; and a digest of a body with a password in it is nothing to keep."
    ),
    components(schemas(ProblemBody, FieldProblem)),
    modifiers(&Security),
    tags(
        (name = "auth", description = "Signing in and out"),
        (name = "users", description = "Accounts"),
        (name = "tokens", description = "What verifies access tokens"),
        (name = "setup", description = "The first administrator"),
        (name = "internal", description = "For services and the operator, never public")
    )
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, description) in
            [("member", "The access token of a login"), ("service", "The secret that services show each other")]
        {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

impl IntoResponses for Always {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (400, "The request is not well formed, or has a parameter that does not exist"),
            (503, "A part of the platform does not answer; `Retry-After` says when to try again"),
        ])
    }
}

impl IntoResponses for TakesJson {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (413, "The body has more than 65,536 bytes"),
            (415, "The body is not of the media type that the operation takes"),
            (422, "Fields are missing or have values that are not accepted; `errors` lists each"),
        ])
    }
}

impl IntoResponses for TakesForm {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(413, "The form has more than 65,536 bytes"), (415, "The body is no form")])
    }
}

impl IntoResponses for OutOfRange {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(422, "Parameters are missing or have values that are not accepted; `errors` lists each")])
    }
}

impl IntoResponses for TakesToken {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(401, "There is no bearer token, or it is not active")])
    }
}

impl IntoResponses for ForAdministrators {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(403, "The caller is no administrator")])
    }
}

impl IntoResponses for TakesIfMatch {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (412, "`If-Match` names an older version"),
            (428, "There is no `If-Match` with the `ETag` that was read"),
        ])
    }
}

impl IntoResponses for HashesPassword {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(
            429,
            "Too many passwords wait to be hashed, or too many were wrong; `Retry-After` says when to try again",
        )])
    }
}

fn problems(statuses: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    statuses.iter().map(|(status, description)| (status.to_string(), problem(description).into())).collect()
}

fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(description).content(problem::CONTENT_TYPE, content).build()
}

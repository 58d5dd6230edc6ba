use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Kind, Problem, ProblemBody};
use serde::Deserialize;
use service_kit::caller::ServiceCaller;
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, QueryOf, Represented};
use user_api::UserLookup;

use crate::app::App;
use crate::domain::account::Account;
use crate::http::documented::{Always, OutOfRange, TakesToken};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Parameters {
    email: Option<String>,
}

/// Find an account by its e-mail
#[utoipa::path(
    get,
    path = "/internal/v1/users",
    tag = "internal",
    params(("email" = String, Query)),
    security(("service" = [])),
    responses(
        (status = OK, description = "The account", body = UserLookup),
        (status = NOT_FOUND, description = "Nobody has this e-mail", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, OutOfRange
    )
)]
pub(in crate::http) async fn find_user(
    State(app): State<Arc<App>>,
    _: ServiceCaller,
    QueryOf(parameters): QueryOf<Parameters>,
) -> Result<Represented<UserLookup>, Problem> {
    let mut errors = FieldErrors::default();
    let email = errors.required("email", parameters.email);
    let email = errors.finish(email)?;
    let nobody = || Problem::because(Kind::NotFound, "Nobody has this e-mail.");
    let email = email.parse().map_err(|_| nobody())?;
    let found: Option<Account> = app.find_by_email(&email).await.map_err(|error| to_problem(&error))?;
    let account = found.ok_or_else(nobody)?;
    let lookup = UserLookup { id: account.id, display_name: account.display_name };
    Ok(Represented::new(lookup, CacheRule::Private))
}

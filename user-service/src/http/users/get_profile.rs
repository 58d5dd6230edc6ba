use std::sync::Arc;

use axum::extract::State;
use problem::{Kind, Problem, ProblemBody};
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};
use user_api::Profile;
use vocabulary::{User, UserId};

use super::representation::{group, profile};
use crate::app::App;
use crate::http::documented::Always;

/// For how long the gateway calls a profile fresh, in seconds.
const FRESH_SECONDS: u32 = 60;

/// Read what is public of an account
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}/profile",
    tag = "users",
    params(("id" = UserId, Path)),
    responses(
        (status = OK, description = "The profile", body = Profile,
            headers(("ETag" = String), ("Cache-Groups" = String))),
        (status = NOT_MODIFIED, description = "The client has it already"),
        (status = NOT_FOUND, description = "There is no such account", body = ProblemBody,
            content_type = "application/problem+json"),
        Always
    )
)]
pub(in crate::http) async fn get_profile(
    State(app): State<Arc<App>>,
    PathId(id): PathId<User>,
    _: NoParameters,
) -> Result<Represented<Profile>, Problem> {
    let account = app.account(id).await.map_err(|error| to_problem(&error))?;
    let account = account.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let rule = CacheRule::Public { groups: vec![group(id)], fresh_seconds: FRESH_SECONDS };
    Ok(Represented::new(profile(account), rule))
}

use std::sync::Arc;

use axum::extract::State;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, NoParameters, Represented};
use user_api::User;

use super::representation::{erased, user};
use crate::app::App;
use crate::http::documented::{Always, TakesToken};

/// Read one's own account
#[utoipa::path(
    get,
    path = "/api/v1/users/me",
    tag = "users",
    params(("If-None-Match" = Option<String>, Header, description = "An `ETag`; 304 when it still is the current one")),
    security(("member" = [])),
    responses(
        (status = OK, description = "The account", body = User, headers(("ETag" = String))),
        (status = NOT_MODIFIED, description = "The client has it already"),
        Always, TakesToken
    )
)]
pub(in crate::http) async fn get_me(
    State(app): State<Arc<App>>,
    caller: Caller,
    _: NoParameters,
) -> Result<Represented<User>, Problem> {
    let account = app.account(caller.user_id).await.map_err(|error| to_problem(&error))?.ok_or_else(erased)?;
    let version = account.version;
    Ok(Represented::new(user(account), CacheRule::Private).version(version))
}

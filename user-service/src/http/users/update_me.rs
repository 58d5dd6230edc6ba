use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem};
use service_kit::caller::Caller;
use service_kit::db::to_problem;
use service_kit::http::{IfMatch, MergePatchBody, NoParameters, Written};
use user_api::{UpdateMeRequest, User};

use super::representation::{erased, group, user};
use crate::app::App;
use crate::http::documented::{Always, TakesIfMatch, TakesJson, TakesToken};
use crate::http::fields;

/// Change one's own account
#[utoipa::path(
    patch,
    path = "/api/v1/users/me",
    tag = "users",
    params(("If-Match" = String, Header, description = "The `ETag` that was read")),
    request_body(content = UpdateMeRequest, content_type = "application/merge-patch+json"),
    security(("member" = [])),
    responses(
        (status = OK, description = "The account as it is now", body = User,
            headers(("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always, TakesToken, TakesIfMatch, TakesJson
    )
)]
pub(in crate::http) async fn update_me(
    State(app): State<Arc<App>>,
    caller: Caller,
    if_match: IfMatch,
    _: NoParameters,
    patch: MergePatchBody,
) -> Result<Written, Problem> {
    let account = app.account(caller.user_id).await.map_err(|error| to_problem(&error))?.ok_or_else(erased)?;
    if_match.check(account.version)?;
    let merged = patch.apply(&UpdateMeRequest { display_name: Some(account.display_name.clone()) })?;
    let mut errors = FieldErrors::default();
    let name = fields::text(&mut errors, "/display_name", merged.display_name.as_deref());
    let renamed = app.rename(&account, errors.finish(name)?).await?;
    let (id, version) = (renamed.id, renamed.version);
    Ok(Written::changed(&user(renamed)).version(version).invalidates(&[group(id)]))
}

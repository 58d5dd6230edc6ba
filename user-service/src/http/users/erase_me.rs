use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, NoParameters, Written};

use super::representation::{erased, group};
use crate::app::App;
use crate::http::documented::{Always, TakesIfMatch, TakesToken};
use crate::http::origin::Origin;

/// Erase one's own account
///
/// Removes the e-mail, the name, the password and what sessions say of devices, for good. The id stays, as a pseudonym for
/// what others lent or borrowed.
#[utoipa::path(
    delete,
    path = "/api/v1/users/me",
    tag = "users",
    params(("If-Match" = String, Header, description = "The `ETag` that was read")),
    security(("member" = [])),
    responses(
        (status = NO_CONTENT, description = "The account is no more", headers(("Cache-Group-Invalidation" = String))),
        (status = CONFLICT, description = "Nobody else could look after the platform", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, TakesIfMatch
    )
)]
pub(in crate::http) async fn erase_me(
    State(app): State<Arc<App>>,
    caller: Caller,
    origin: Origin,
    if_match: IfMatch,
    _: NoParameters,
) -> Result<Written, Problem> {
    let account = app.account_to_erase(caller.user_id).await?.ok_or_else(erased)?;
    if_match.check(account.version)?;
    app.erase(&origin.of(&caller), &account).await?;
    Ok(Written::done().invalidates(&[group(account.id)]))
}

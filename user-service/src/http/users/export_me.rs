use std::sync::Arc;

use ::http::{HeaderValue, header};
use axum::extract::State;
use axum::response::IntoResponse;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, NoParameters, Represented};
use user_api::AccountExport;

use super::representation::{erased, user};
use crate::app::App;
use crate::http::auth::shown;
use crate::http::documented::{Always, TakesToken};

/// Browsers offer to keep it as a file.
const AS_A_FILE: HeaderValue = HeaderValue::from_static("attachment; filename=\"lendery-account.json\"");

/// Export all that is kept about one's own account
///
/// What one lends and borrows is kept by other services and not part of it.
#[utoipa::path(
    get,
    path = "/api/v1/users/me/export",
    tag = "users",
    security(("member" = [])),
    responses(
        (status = OK, description = "The account, its sessions and its security events", body = AccountExport,
            headers(("Content-Disposition" = String))),
        Always, TakesToken
    )
)]
pub(in crate::http) async fn export_me(
    State(app): State<Arc<App>>,
    caller: Caller,
    _: NoParameters,
) -> Result<impl IntoResponse, Problem> {
    let account = app.account(caller.user_id).await.map_err(|error| to_problem(&error))?.ok_or_else(erased)?;
    let record = app.export(account.id).await.map_err(|error| to_problem(&error))?;
    let export = AccountExport {
        exported_at: record.at,
        account: user(account),
        sessions: record.sessions.into_iter().map(|session| shown(session, &caller)).collect(),
        security_events: record.events,
    };
    Ok(([(header::CONTENT_DISPOSITION, AS_A_FILE)], Represented::new(export, CacheRule::Private)))
}

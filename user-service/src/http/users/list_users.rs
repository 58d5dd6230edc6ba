use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use user_api::{Role, User, UserStatus};
use vocabulary::Page;

use super::representation::user;
use crate::app::{AccountFilter, App, Keyset};
use crate::http::administrator::Administrator;
use crate::http::documented::{Always, ForAdministrators, OutOfRange, TakesToken};
use crate::http::fields::{choice, search_text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Parameters {
    q: Option<String>,
    role: Option<String>,
    status: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// List accounts, newest first
#[utoipa::path(
    get,
    path = "/api/v1/users",
    tag = "users",
    params(
        ("q" = Option<String>, Query, description = "A part of the e-mail or the name, in whatever letters; 1 to 254 characters",
            min_length = 1, max_length = 254),
        ("role" = Option<Role>, Query, description = "`member` finds those who are no administrators"),
        ("status" = Option<UserStatus>, Query),
        ("limit" = Option<u32>, Query, description = "20 if it is left out, 100 at most"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    security(("member" = [])),
    responses(
        (status = OK, description = "The accounts", body = Page<User>),
        Always, TakesToken, ForAdministrators, OutOfRange
    )
)]
pub(in crate::http) async fn list_users(
    State(app): State<Arc<App>>,
    _: Administrator,
    QueryOf(parameters): QueryOf<Parameters>,
) -> Result<Represented<Page<User>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(parameters.limit.as_deref(), &mut errors);
    let filter = AccountFilter {
        text: search_text(&mut errors, "q", parameters.q),
        role: choice(&mut errors, "role", parameters.role),
        status: choice(&mut errors, "status", parameters.status),
    };
    let limit = errors.finish(Some(limit))?;
    let cursors = Cursor::of(&("users", &filter.text, filter.role, filter.status));
    let before = parameters.cursor.map(|text| cursors.decode(&text)).transpose()?;
    let page = app.accounts(&filter, Keyset { before, limit: limit.get() }).await;
    let (accounts, next) = page.map_err(|error| to_problem(&error))?;
    let items = accounts.into_iter().map(user).collect();
    Ok(Represented::new(Page { items, next: next.map(|id| cursors.encode(&id)) }, CacheRule::Private))
}

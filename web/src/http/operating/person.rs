use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use problem::{Kind, Problem};
use user_api::{Role, UserStatus};
use vocabulary::UserId;

use super::events::EventRow;
use super::people::{roles, statuses};
use crate::clients::ApiError;
use crate::http::address::Address;
use crate::http::came::Came;
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Control, Field, Frame, Notice, Page};

#[derive(Template)]
#[template(path = "person.html")]
pub(super) struct PersonPage {
    f: Frame,
    notices: Vec<Notice>,
    id: UserId,
    name: String,
    email: String,
    version: i64,
    fields: Vec<Field>,
    /// Where a new password may be set, once it has been made.
    pub(super) reset: Option<String>,
    events: Vec<EventRow>,
}

/// An account: what it may do, and what happened to it.
pub(in crate::http) async fn show(
    visit: Visit,
    Address(id): Address<UserId>,
    Query(came): Query<Came>,
) -> Result<Response, Problem> {
    visit.session()?;
    let page = PersonPage::new(&visit, id, came.notices(visit.lang.words())).await?;
    Ok(Page::new(page).into_response())
}

/// The page after a form on it was not done.
pub(super) async fn after(visit: &Visit, id: UserId, error: ApiError) -> Result<Response, Problem> {
    if matches!(error.kind(), Kind::Forbidden | Kind::InvalidToken | Kind::NotFound) {
        return Err(error.into());
    }
    let page = PersonPage::new(visit, id, vec![sign_in::failure(visit.lang, &error)]).await?;
    Ok(Page::new(page).status(sign_in::status(&error)).into_response())
}

impl PersonPage {
    pub(super) async fn new(visit: &Visit, id: UserId, mut notices: Vec<Notice>) -> Result<Self, Problem> {
        let (users, user_id) = (&visit.web.users, id.to_string());
        let about = [("user_id", user_id.as_str())];
        let (user, events) = tokio::join!(users.person(id, &visit.asking), users.events(&about, &visit.asking));
        let (user, f) = (user?, visit.frame());
        let w = &f.w.operating;
        let missing = |error: ApiError| {
            tracing::warn!(error = %error, "an account's page misses its events");
            notices.push(Notice::calm(w.cannot_be_shown));
            Vec::new()
        };
        let events = events.map_or_else(missing, |page| page.items);
        let role = if user.roles.contains(&Role::Admin) { "admin" } else { "member" };
        let status = match user.status {
            UserStatus::Active => "active",
            UserStatus::Disabled => "disabled",
        };
        Ok(Self {
            fields: vec![
                Field::new("role", w.role, Control::Radios(roles(w))).value(role),
                Field::new("status", w.account_status, Control::Radios(statuses(w))).hint(w.disable_hint).value(status),
            ],
            notices,
            id,
            name: user.display_name,
            email: user.email,
            version: user.version,
            reset: None,
            events: events.into_iter().map(|event| EventRow::new(visit.lang, event)).collect(),
            f,
        })
    }
}

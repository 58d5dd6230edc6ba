use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use problem::Problem;
use serde::Deserialize;
use user_api::{Role, User, UserStatus};

use super::listing::{Asked, Listing};
use crate::http::visit::Visit;
use crate::shown::{Choice, Frame, Notice, Page, day};
use crate::words::{Language, OperatingWords};

/// Which people.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Which {
    q: String,
    role: String,
    status: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    f: Frame,
    notices: Vec<Notice>,
    which: Which,
    roles: Vec<Choice>,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    email: String,
    role: &'static str,
    status: &'static str,
    since: String,
}

/// The accounts, newest first, by name, e-mail, role and status.
pub(in crate::http) async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Problem> {
    visit.session()?;
    let filters = [("q", which.q.trim()), ("role", &which.role), ("status", &which.status)];
    let asked = Asked { filters, cursor: &which.cursor };
    let users = visit.web.users.people(&asked.parameters(), &visit.asking).await;
    let Listing { rows, next, notices, status } = asked.listing(&visit, "/people", users)?;
    let f = visit.frame();
    let people = People {
        roles: roles(&f.w.operating),
        statuses: statuses(&f.w.operating),
        rows: rows.into_iter().map(|user| row(visit.lang, user)).collect(),
        notices,
        which,
        next,
        f,
    };
    Ok(Page::new(people).status(status).into_response())
}

pub(super) fn roles(w: &OperatingWords) -> Vec<Choice> {
    vec![Choice::new("member", w.member), Choice::new("admin", w.admin)]
}

pub(super) fn statuses(w: &OperatingWords) -> Vec<Choice> {
    vec![Choice::new("active", w.active), Choice::new("disabled", w.disabled)]
}

fn row(language: Language, user: User) -> Row {
    let w = &language.words().operating;
    Row {
        id: user.id.to_string(),
        role: if user.roles.contains(&Role::Admin) { w.admin } else { w.member },
        status: match user.status {
            UserStatus::Active => w.active,
            UserStatus::Disabled => w.disabled,
        },
        since: day(language, user.created_at.date_naive()),
        name: user.display_name,
        email: user.email,
    }
}

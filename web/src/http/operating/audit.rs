use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use problem::Problem;
use serde::Deserialize;

use super::events::{EventRow, kinds};
use super::listing::{Asked, Listing};
use crate::http::visit::Visit;
use crate::shown::{Choice, Frame, Notice, Page};

/// Which events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Which {
    kind: String,
    user_id: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    f: Frame,
    notices: Vec<Notice>,
    which: Which,
    kinds: Vec<Choice>,
    rows: Vec<EventRow>,
    next: Option<String>,
}

/// Who did what to which account, newest first.
pub(in crate::http) async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Problem> {
    visit.session()?;
    let filters = [("kind", which.kind.as_str()), ("user_id", which.user_id.trim())];
    let asked = Asked { filters, cursor: &which.cursor };
    let events = visit.web.users.events(&asked.parameters(), &visit.asking).await;
    let Listing { rows, next, notices, status } = asked.listing(&visit, "/audit", events)?;
    let f = visit.frame();
    let audit = Audit {
        kinds: kinds(&f.w.operating),
        rows: rows.into_iter().map(|event| EventRow::new(visit.lang, event)).collect(),
        notices,
        which,
        next,
        f,
    };
    Ok(Page::new(audit).status(status).into_response())
}

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use problem::{Kind, Problem};
use serde::Deserialize;
use url::form_urlencoded;

use super::events::{EventRow, kinds};
use crate::http::visit::Visit;
use crate::shown::{Choice, Frame, Notice, Page};
use crate::words::refusal;

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
    let user_id = which.user_id.trim();
    let filters = [("kind", which.kind.as_str()), ("user_id", user_id)];
    let asked = [&filters[..], &[("cursor", &which.cursor)]].concat();
    let (mut notices, mut status) = (Vec::new(), StatusCode::OK);
    let (events, cursor) = match visit.web.users.events(&asked, &visit.asking).await {
        Ok(page) => (page.items, page.next),
        Err(error) if error.kind() == Kind::InvalidFields => {
            notices.extend(error.fields().iter().map(|field| Notice::urgent(refusal(visit.lang, field))));
            status = StatusCode::UNPROCESSABLE_ENTITY;
            (Vec::new(), None)
        }
        Err(error) => return Err(error.into()),
    };
    let next = cursor.map(|cursor| {
        let pairs = filters.iter().chain(&[("cursor", cursor.as_str())]).copied().collect::<Vec<_>>();
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        visit.path(&format!("/audit?{query}"))
    });
    let f = visit.frame();
    let audit = Audit {
        kinds: kinds(&f.w.operating),
        rows: events.into_iter().map(|event| EventRow::new(visit.lang, event)).collect(),
        notices,
        which,
        next,
        f,
    };
    Ok(Page::new(audit).status(status).into_response())
}

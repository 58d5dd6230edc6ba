use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use inventory_api::{Item, ItemStatus};
use problem::Problem;
use serde::Deserialize;

use crate::clients::ApiError;
use crate::http::visit::Visit;
use crate::shown::{Card, Frame, Notice, Page};
use crate::words::Language;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct From {
    cursor: Option<String>,
    joined: Option<String>,
}

#[derive(Template)]
#[template(path = "mine.html")]
struct Mine {
    f: Frame,
    notices: Vec<Notice>,
    things: Vec<Thing>,
    next: Option<String>,
}

struct Thing {
    card: Card,
    /// A class of the style sheet.
    status: &'static str,
    status_word: &'static str,
}

/// Everything the member offers, drafts included.
pub(in crate::http) async fn list(visit: Visit, Query(from): Query<From>) -> Result<Response, Problem> {
    visit.session()?;
    let (f, mut notices) = (visit.frame(), Vec::new());
    if from.joined.is_some() {
        notices.push(Notice::calm(f.w.registered));
    }
    let (status, items, cursor) = match visit.web.inventory.mine("20", from.cursor.as_deref(), &visit.asking).await {
        Ok(page) => (StatusCode::OK, page.items, page.next),
        Err(error @ ApiError::Refused { .. }) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(error = %error, "a member's things cannot be shown");
            notices.push(Notice::urgent(f.w.items_missing));
            (StatusCode::SERVICE_UNAVAILABLE, Vec::new(), None)
        }
    };
    let next = cursor.map(|cursor| visit.link("/mine", [("cursor", &cursor)]));
    let things = items.iter().map(|item| thing(visit.lang, item)).collect();
    Ok(Page::new(Mine { f, notices, things, next }).status(status).into_response())
}

fn thing(language: Language, item: &Item) -> Thing {
    let w = language.words();
    let status_word = match item.status {
        ItemStatus::Draft => w.status_draft,
        ItemStatus::Listed => w.status_listed,
        ItemStatus::Paused => w.status_paused,
        ItemStatus::Retired => w.status_retired,
    };
    Thing { card: Card::new(language, item), status: item.status.as_str(), status_word }
}

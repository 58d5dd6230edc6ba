use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use problem::{Kind, Problem};
use serde::Deserialize;
use vocabulary::ItemId;

use super::page::UnitsPage;
use crate::http::visit::Visit;
use crate::shown::{Notice, Page};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Came {
    saved: Option<String>,
    stale: Option<String>,
}

/// Every unit with its form, and a form for another one.
pub(in crate::http) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(came): Query<Came>,
) -> Result<Response, Problem> {
    visit.session()?;
    let id: ItemId = id.parse().map_err(|_| Problem::new(Kind::NotFound))?;
    let w = visit.lang.words();
    let saved = came.saved.map(|_| Notice::calm(w.saved));
    let stale = came.stale.map(|_| Notice::urgent(w.changed_meanwhile));
    let page = UnitsPage::new(&visit, id, saved.into_iter().chain(stale).collect()).await?;
    Ok(Page::new(page).into_response())
}

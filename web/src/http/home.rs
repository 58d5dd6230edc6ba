use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::visit::Visit;
use crate::clients::ItemsQuery;
use crate::shown::{Card, Frame, Keep, Notice, Page, Shelf, shelves};

/// Things in the row of the newest.
const NEWEST: &str = "12";

/// As long as the lists it shows.
const FRESH_SECONDS: u32 = 60;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    f: Frame,
    notices: Vec<Notice>,
    categories: Vec<Shelf>,
    cards: Vec<Card>,
}

/// Where people begin.
pub(super) async fn home(visit: Visit) -> Response {
    let query = ItemsQuery::default().with("limit", NEWEST);
    let inventory = &visit.web.inventory;
    let (items, categories) = tokio::join!(inventory.items(&query, &visit.asking), inventory.categories(&visit.asking));
    let (f, mut notices) = (visit.frame(), Vec::new());
    let mut missing = |error: &dyn std::fmt::Display, words| {
        tracing::warn!(error = %error, "the start page misses a part");
        notices.push(Notice::urgent(words));
    };
    let categories = categories.inspect_err(|error| missing(error, f.w.categories_missing));
    let items = items.inspect_err(|error| missing(error, f.w.items_missing));
    let (status, keep) = match (&items, &categories) {
        (Ok(_), Ok(_)) => (StatusCode::OK, visit.keep(vec!["items".into(), "categories".into()], FRESH_SECONDS)),
        (Ok(_), Err(_)) => (StatusCode::OK, Keep::Nobody),
        // So that the gateway shows what it has kept instead.
        (Err(_), _) => (StatusCode::SERVICE_UNAVAILABLE, Keep::Nobody),
    };
    let cards = items.map(|page| page.items).unwrap_or_default();
    let template = Home {
        notices,
        categories: shelves(&categories.unwrap_or_default()),
        cards: cards.iter().map(|item| Card::new(visit.lang, item)).collect(),
        f,
    };
    Page::new(template).status(status).keep(keep).into_response()
}

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use problem::{Kind, Problem};
use serde::Deserialize;
use url::form_urlencoded;

use super::visit::Visit;
use crate::clients::{ApiError, ItemsQuery};
use crate::shown::{Card, Choice, Frame, Keep, Notice, Page, Shelf, parse_amount, shelves};
use crate::words::{Words, refusal};

/// Things on a page: whole rows of two, three and four.
const LIMIT: &str = "24";

/// As long as the lists it shows.
const FRESH_SECONDS: u32 = 60;

/// As long as the lists that depend on what is reserved, of which the gateway hears late.
const FRESH_DAYS_SECONDS: u32 = 5;

/// What somebody looks for. What else an address may hold is left alone: it is not ours.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    q: String,
    category: String,
    tag: String,
    owner: String,
    /// An amount as people write it.
    max_price: String,
    /// `48.2,16.37`, degrees north and east.
    near: String,
    /// The day to fetch it, and the day to bring it back.
    from: String,
    to: String,
    sort: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "items.html")]
struct Items {
    f: Frame,
    heading: String,
    search: Search,
    sorts: Vec<Choice>,
    notices: Vec<Notice>,
    categories: Vec<Shelf>,
    cards: Vec<Card>,
    first: Option<String>,
    next: Option<String>,
}

/// The things that fit a search, page by page.
pub(super) async fn browse(visit: Visit, Query(search): Query<Search>) -> Result<Response, Problem> {
    let query = search.query();
    let inventory = &visit.web.inventory;
    let (items, categories) = tokio::join!(inventory.items(&query, &visit.asking), inventory.categories(&visit.asking));
    let (f, mut notices) = (visit.frame(), Vec::new());
    let fresh_seconds = if search.from.is_empty() { FRESH_SECONDS } else { FRESH_DAYS_SECONDS };
    let (mut status, mut keep) = (StatusCode::OK, visit.keep(vec!["items".into(), "categories".into()], fresh_seconds));
    let categories = categories.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "the list misses the categories");
        notices.push(Notice::calm(f.w.categories_missing));
        keep = Keep::Nobody;
        Vec::new()
    });
    let page = match items {
        Ok(page) => Some(page),
        Err(error) if error.kind() == Kind::InvalidFields => {
            notices.extend(error.fields().iter().map(|field| Notice::urgent(refusal(visit.lang, field))));
            (status, keep) = (StatusCode::UNPROCESSABLE_ENTITY, Keep::Nobody);
            None
        }
        Err(error @ ApiError::Refused { .. }) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(error = %error, "the list misses its items");
            notices.push(Notice::urgent(f.w.items_missing));
            (status, keep) = (StatusCode::SERVICE_UNAVAILABLE, Keep::Nobody);
            None
        }
    };
    let (items, cursor) = page.map(|page| (page.items, page.next)).unwrap_or_default();
    let categories = shelves(&categories);
    let template = Items {
        heading: search.heading(&categories, f.w),
        sorts: sorts(f.w, search.has_words()),
        notices,
        cards: items.iter().map(|item| Card::new(visit.lang, item)).collect(),
        first: (!search.cursor.is_empty()).then(|| search.address(&visit, None)),
        next: cursor.map(|cursor| search.address(&visit, Some(&cursor))),
        categories,
        search,
        f,
    };
    Ok(Page::new(template).status(status).keep(keep).into_response())
}

impl Search {
    fn filters(&self) -> ItemsQuery {
        ItemsQuery::default()
            .with("q", self.q.trim())
            .with("category", &self.category)
            .with("tag", self.tag.trim())
            .with("owner", &self.owner)
            .with("max_price", self.max_price.trim())
            .with("near", self.near.trim())
            .with("from", &self.from)
            .with("to", &self.to)
            .with("sort", &self.sort)
    }

    /// What the inventory calls it.
    fn query(&self) -> ItemsQuery {
        let mut query = self.filters();
        for (name, value) in &mut query.parameters {
            *name = match *name {
                "from" => "available_from",
                "to" => "available_to",
                "max_price" => {
                    // What is no amount is refused there, with the field's name.
                    if let Some(minor) = parse_amount(value, "EUR") {
                        *value = minor.to_string();
                    }
                    "max_daily_price"
                }
                other => other,
            };
        }
        // Who looks for words wants what answers them best.
        let sort = if self.has_words() && self.sort.is_empty() { "relevance" } else { "" };
        query.with("sort", sort).with("limit", LIMIT).with("cursor", &self.cursor)
    }

    fn has_words(&self) -> bool {
        !self.q.trim().is_empty()
    }

    /// Whether the list is more than a search and a shelf, so that the further filters show.
    fn is_narrowed(&self) -> bool {
        [&self.max_price, &self.near, &self.from, &self.to, &self.tag].iter().any(|value| !value.is_empty())
    }

    /// The address of this search, from a cursor on.
    fn address(&self, visit: &Visit, cursor: Option<&str>) -> String {
        let query = self.filters().with("cursor", cursor.unwrap_or_default());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query.parameters).finish();
        visit.path(&format!("/items{}{query}", if query.is_empty() { "" } else { "?" }))
    }

    fn heading(&self, categories: &[Shelf], w: &Words) -> String {
        let category = categories.iter().find(|shelf| shelf.slug == self.category);
        match (self.q.trim(), category) {
            ("", Some(category)) => category.name.clone(),
            ("", None) => w.all_things.to_owned(),
            (words, _) => format!("{} “{words}”", w.results_for),
        }
    }
}

/// The first is what a list is ordered by unless somebody chooses.
fn sorts(w: &Words, by_words: bool) -> Vec<Choice> {
    let first =
        if by_words { vec![("", w.sort_best), ("-created_at", w.sort_newest)] } else { vec![("", w.sort_newest)] };
    let mut sorts: Vec<_> = first.into_iter().map(|(value, label)| Choice::new(value, label)).collect();
    sorts.extend([
        Choice::new("created_at", w.sort_oldest),
        Choice::new("name", w.sort_name),
        Choice::new("daily_price", w.sort_cheapest),
        Choice::new("-daily_price", w.sort_dearest),
    ]);
    sorts
}

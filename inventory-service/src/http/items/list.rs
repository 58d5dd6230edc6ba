use axum::extract::State;
use inventory_api::Item as Wire;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::Page;

use super::representation::{FRESH_SECONDS, page, place};
use crate::app::{self, App};
use crate::domain::listing::{Audience, Listing, Sort};
use crate::domain::text;
use crate::domain::words::Search;
use crate::http::refusals::{Always, Parameters};

/// Characters of a search, and of a tag that is asked for.
const LONGEST_TEXT: usize = 200;

/// Which items, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListItems {
    /// Words that all have to occur in name, tags or description; the last may go on.
    q: Option<String>,
    /// The slug of a category; those that belong to it are included.
    category: Option<String>,
    /// The id of a member.
    owner: Option<String>,
    /// A tag, letter by letter.
    tag: Option<String>,
    /// `created_at`, `name` or `daily_price`, with a minus in front for the other way round; `-created_at` unless given.
    sort: Option<String>,
    /// 1 to 100; 20 unless given, and more than 100 gives 100.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before; valid with the same filters and order only.
    cursor: Option<String>,
}

/// Browse and search what is listed
#[utoipa::path(
    get,
    path = "/api/v1/items",
    tag = "items",
    params(ListItems),
    security(()),
    responses(
        (status = 200, description = "One page", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        Parameters
    )
)]
pub(crate) async fn list_items(
    State(app): State<App>,
    QueryOf(query): QueryOf<ListItems>,
) -> Result<Represented<Page<Wire>>, Problem> {
    let cursor = Cursor::of(&(&query.q, &query.category, &query.owner, &query.tag, &query.sort));
    let (mut listing, limit) = parse(&query)?;
    listing.after = place(&cursor, query.cursor.as_deref(), listing.sort)?;
    let found = app::items::page(&app, &listing, limit).await?;
    let cache = CacheRule::Public { groups: vec!["items".to_owned()], fresh_seconds: FRESH_SECONDS };
    Ok(Represented::new(page(found, &cursor), cache))
}

fn parse(query: &ListItems) -> Result<(Listing, Limit), Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let search = filled(query.q.as_deref()).and_then(|words| line(&mut errors, "q", words));
    let category = filled(query.category.as_deref());
    let category = category.and_then(|slug| errors.parsed("category", "malformed", slug.parse()));
    let owner = filled(query.owner.as_deref()).and_then(|id| errors.parsed("owner", "malformed", id.parse()));
    let tag = filled(query.tag.as_deref()).and_then(|tag| line(&mut errors, "tag", tag));
    let sort = match filled(query.sort.as_deref()) {
        None => Some(Sort::NEWEST),
        Some(text) => errors.parsed("sort", "unknown_value", text.parse()),
    };
    let listing = |sort| Listing {
        search: search.as_deref().map(Search::new),
        category,
        owner,
        tag,
        audience: Audience::Public,
        sort,
        after: None,
    };
    errors.finish(sort.map(listing)).map(|listing| (listing, limit))
}

/// What a form sends for a field that was left empty counts as nothing.
fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn line(errors: &mut FieldErrors, pointer: &str, given: &str) -> Option<String> {
    text::line(given, LONGEST_TEXT).map_err(|error| error.note(errors, pointer)).ok()
}

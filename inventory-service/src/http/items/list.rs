use axum::extract::State;
use chrono::NaiveDate;
use inventory_api::Item as Wire;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::Page;

use super::representation::{FRESH_SECONDS, page, place};
use crate::app::{self, App};
use crate::domain::amount::MINOR_UNITS;
use crate::domain::days::Days;
use crate::domain::listing::{Audience, Listing};
use crate::domain::near::Near;
use crate::domain::sort::{Sort, SortKey};
use crate::domain::text;
use crate::domain::words::Search;
use service_kit::http::refusals::{Always, Parameters};

/// How long the gateway calls a list fresh that depends on what is reserved, of which it hears late.
const FRESH_DAYS_SECONDS: u32 = 5;
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
    /// The most that a day may cost, in minor units of the item's own currency. Only what is lent is shown then.
    #[param(value_type = Option<i64>)]
    max_daily_price: Option<String>,
    /// Degrees north and east of where it should be fetched, such as `48.2,16.37`.
    near: Option<String>,
    /// How far away that may be, 0.1 to 500 km; 10 unless given.
    #[param(value_type = Option<f64>)]
    radius_km: Option<String>,
    /// The first day on which a unit should be free, in the time zone of where it is fetched. Only what is lent is shown
    /// then, and pages may have fewer items than the limit, and still a `next`.
    #[param(value_type = Option<chrono::NaiveDate>)]
    available_from: Option<String>,
    /// The first day on which it is no longer needed, at most 366 days later.
    #[param(value_type = Option<chrono::NaiveDate>)]
    available_to: Option<String>,
    /// `created_at`, `name`, `daily_price`, `distance` (with `near`) or `relevance` (with `q`, best first), with a minus in
    /// front for the other way round; `-created_at` unless given.
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
    let place_and_days = (&query.near, &query.radius_km, &query.available_from, &query.available_to);
    let about = (&query.q, &query.category, &query.owner, &query.tag, &query.max_daily_price);
    let cursor = Cursor::of(&(about, place_and_days, &query.sort));
    let (mut listing, limit) = parse(&query, app.clock.now().date_naive())?;
    listing.after = place(&cursor, query.cursor.as_deref(), listing.sort)?;
    let found = app::listing::page(&app, &listing, limit).await?;
    let fresh_seconds = if listing.available.is_some() { FRESH_DAYS_SECONDS } else { FRESH_SECONDS };
    let cache = CacheRule::Public { groups: vec!["items".to_owned()], fresh_seconds };
    // When something was last taken from a list nobody keeps; what it shows is of this moment.
    Ok(Represented::new(page(found, &cursor), cache).modified(app.clock.now()))
}

fn parse(query: &ListItems, today: NaiveDate) -> Result<(Listing, Limit), Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let search = filled(query.q.as_deref()).and_then(|words| line(&mut errors, "q", words));
    let category = filled(query.category.as_deref());
    let category = category.and_then(|slug| errors.parsed("category", "malformed", slug.parse()));
    let owner = filled(query.owner.as_deref()).and_then(|id| errors.parsed("owner", "malformed", id.parse()));
    let tag = filled(query.tag.as_deref()).and_then(|tag| line(&mut errors, "tag", tag));
    let max_daily_price = filled(query.max_daily_price.as_deref()).and_then(|most| price(&mut errors, most));
    let near = near(&mut errors, query);
    let available = days(&mut errors, query, today);
    let sort = sort(&mut errors, query, near.is_some());
    let listing = sort.map(|sort| Listing {
        search: search.as_deref().map(Search::new),
        category,
        owner,
        tag,
        max_daily_price,
        near,
        available,
        sort,
        ..Listing::all(Audience::Public)
    });
    errors.finish(listing).map(|listing| (listing, limit))
}

fn price(errors: &mut FieldErrors, text: &str) -> Option<i64> {
    let amount = text.parse().ok().filter(|amount| MINOR_UNITS.contains(amount));
    if amount.is_none() {
        let detail = "It has to be a whole number of minor units from 0 to 1,000,000,000,000.";
        errors.refuse("max_daily_price", "out_of_range", detail);
    }
    amount
}

fn near(errors: &mut FieldErrors, query: &ListItems) -> Option<Near> {
    let radius_km = filled(query.radius_km.as_deref());
    match filled(query.near.as_deref()) {
        Some(place) => Near::parse(errors, place, radius_km),
        None => {
            if radius_km.is_some() {
                errors.refuse("near", "required", "A radius is around a place; give one, or leave the radius out.");
            }
            None
        }
    }
}

fn days(errors: &mut FieldErrors, query: &ListItems, today: NaiveDate) -> Option<Days> {
    let (from, to) = (filled(query.available_from.as_deref()), filled(query.available_to.as_deref()));
    if from.is_none() && to.is_none() {
        return None;
    }
    let from = errors.required("available_from", from);
    let to = errors.required("available_to", to);
    Days::parse(errors, ("available_from", Some(from?)), ("available_to", Some(to?)), today)
}

fn sort(errors: &mut FieldErrors, query: &ListItems, is_near: bool) -> Option<Sort> {
    let Some(text) = filled(query.sort.as_deref()) else {
        return Some(Sort::NEWEST);
    };
    let sort: Sort = errors.parsed("sort", "unknown_value", text.parse())?;
    let lacks = match sort.key {
        SortKey::Distance if !is_near => "near",
        SortKey::Relevance if filled(query.q.as_deref()).is_none() => "q",
        _ => return Some(sort),
    };
    errors.refuse("sort", "needs_another", format!("This order needs the parameter {lacks}."));
    None
}

/// What a form sends for a field that was left empty counts as nothing.
fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn line(errors: &mut FieldErrors, pointer: &str, given: &str) -> Option<String> {
    text::line(given, LONGEST_TEXT).map_err(|error| error.note(errors, pointer)).ok()
}

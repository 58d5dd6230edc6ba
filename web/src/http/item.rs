use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, Months, NaiveDate};
use inventory_api::{Availability, Category, Item, ItemStatus, OfferKind, Photo};
use problem::Problem;
use url::form_urlencoded;
use vocabulary::ItemId;

use super::address::Address;
use super::visit::Visit;
use crate::clients::ApiError;
use crate::shown::{Control, Frame, Keep, Look, Month, Notice, Page, months, price, zone};

mod borrow;
mod facts;

use borrow::Borrow;
pub(super) use borrow::Wanted;
use facts::{Fact, facts};

/// As long as the availability it shows: services reserve past the gateway, which hears of it late.
const FRESH_SECONDS: u32 = 5;

/// Months of availability, the current one included.
const MONTHS: u32 = 3;

#[derive(Template)]
#[template(path = "item.html")]
struct ItemPage {
    f: Frame,
    notices: Vec<Notice>,
    price: String,
    category: String,
    owner: Option<String>,
    facts: Vec<Fact>,
    tags: Vec<Tag>,
    months: Vec<Month>,
    zone: String,
    look: Look,
    pictures: Vec<Photo>,
    yours: bool,
    borrow: Option<Borrow>,
    item: Item,
}

struct Tag {
    name: String,
    query: String,
}

/// One thing: what it is, whose, and when it is free.
pub(super) async fn item(
    visit: Visit,
    Address(id): Address<ItemId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let item = visit.web.inventory.item(id, &visit.asking).await?;
    let (owner, categories, availability, borrow) = tokio::join!(
        visit.web.users.profile(item.owner_id, &visit.asking),
        visit.web.inventory.categories(&visit.asking),
        availability(&visit, &item),
        Borrow::of(&visit, &item, wanted)
    );
    let (f, mut notices) = (visit.frame(), status_notices(&visit, &item));
    let groups = vec![format!("item:{id}"), format!("user:{}", item.owner_id), "categories".into()];
    let mut keep = visit.keep(groups, FRESH_SECONDS);
    let mut missing = |error: &ApiError, words: &str| {
        tracing::warn!(error = %error, "an item's page misses a part");
        notices.push(Notice::calm(words));
        keep = Keep::Nobody;
    };
    // An erased member has no profile any more, and that is no failure.
    let owner = match owner {
        Err(error @ ApiError::Missing { .. }) => {
            missing(&error, f.w.owner_missing);
            None
        }
        owner => owner.ok().map(|profile| profile.display_name),
    };
    let availability = availability.unwrap_or_else(|error| {
        missing(&error, f.w.availability_missing);
        None
    });
    let template = ItemPage {
        notices,
        price: price(visit.lang, &item),
        category: category_name(&item, categories.unwrap_or_default()),
        owner,
        facts: facts(visit.lang, &item, availability.as_ref().map_or(0, |days| days.in_use)),
        tags: item.tags.iter().map(|name| tag(name)).collect(),
        zone: availability.as_ref().map(|days| format!("{} {}.", f.w.days_in, days.time_zone)).unwrap_or_default(),
        months: availability.map(|days| months(visit.lang, &days.days)).unwrap_or_default(),
        look: Look::of(&item.category),
        pictures: item.photos.iter().enumerate().map(|(index, photo)| picture(&item, index, photo)).collect(),
        yours: visit.visitor.session().is_some_and(|session| session.user_id == item.owner_id),
        borrow,
        item,
        f,
    };
    Ok(Page::new(template).keep(keep).into_response())
}

/// Of what is lent, from today to the end of the last month shown.
async fn availability(visit: &Visit, item: &Item) -> Result<Option<Availability>, ApiError> {
    if item.offer == OfferKind::Sell || item.status == ItemStatus::Draft {
        return Ok(None);
    }
    let today = visit.web.clock.now().with_timezone(&zone(item)).date_naive();
    let days = end(today).map(|end| (today.to_string(), end.to_string()));
    visit.web.inventory.availability(item.id, days, &visit.asking).await.map(Some)
}

/// The day after the last one shown.
fn end(today: NaiveDate) -> Option<NaiveDate> {
    today.with_day(1)?.checked_add_months(Months::new(MONTHS))
}

fn status_notices(visit: &Visit, item: &Item) -> Vec<Notice> {
    let w = visit.lang.words();
    match item.status {
        ItemStatus::Paused => vec![Notice::calm(w.paused_now)],
        ItemStatus::Draft => vec![Notice::calm(w.draft_now)],
        ItemStatus::Listed | ItemStatus::Retired => Vec::new(),
    }
}

/// Its slug stands in when the names are missing.
fn category_name(item: &Item, categories: Vec<Category>) -> String {
    let named = categories.into_iter().find(|category| category.slug == item.category);
    named.map_or_else(|| item.category.clone(), |category| category.name)
}

/// A photo that nobody has described is called after what it shows.
fn picture(item: &Item, index: usize, photo: &Photo) -> Photo {
    let alt = if photo.alt.is_empty() { format!("{} ({})", item.name, index + 1) } else { photo.alt.clone() };
    Photo { alt, ..photo.clone() }
}

fn tag(name: &str) -> Tag {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("tag", name).finish();
    Tag { name: name.to_owned(), query }
}

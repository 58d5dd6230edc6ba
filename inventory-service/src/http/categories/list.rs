use axum::extract::State;
use inventory_api::Category as Wire;
use problem::{FieldErrors, Kind, Problem};
use serde::Deserialize;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::Page;

use super::representation::{FRESH_SECONDS, GROUP, wire};
use crate::app::{self, App};
use crate::domain::slug::Slug;
use service_kit::http::refusals::{Always, Parameters};

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListCategories {
    /// 1 to 100, and more than 100 gives 100; all of them unless given, for a tree is of use as a whole.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// All categories
///
/// The tree, each category with the slug of its parent, in the order of slugs.
#[utoipa::path(
    get,
    path = "/api/v1/categories",
    tag = "categories",
    params(ListCategories),
    security(()),
    responses(
        (status = 200, description = "One page", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        Parameters
    )
)]
pub(crate) async fn list_categories(
    State(app): State<App>,
    QueryOf(query): QueryOf<ListCategories>,
) -> Result<Represented<Page<Wire>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = query.limit.map_or(u64::MAX, |text| Limit::parse(Some(&text), &mut errors).get());
    let limit = errors.finish(Some(limit))?;
    let cursor = Cursor::of(&"categories");
    let after = query.cursor.map(|text| place(&cursor, &text)).transpose()?;
    let tree = app::categories::all(&app).await?;
    let (page, next) = tree.categories.page(after.as_ref(), limit);
    let items = page.into_iter().map(|category| wire(category, &tree)).collect();
    let page = Page { items, next: next.map(|slug| cursor.encode(&slug.as_str())) };
    let cache = CacheRule::Public { groups: vec![GROUP.to_owned()], fresh_seconds: FRESH_SECONDS };
    // They count items, which come and go without them; what is told is of this moment.
    Ok(Represented::new(page, cache).modified(app.clock.now()))
}

fn place(cursor: &Cursor, text: &str) -> Result<Slug, Problem> {
    let slug: String = cursor.decode(text)?;
    slug.parse().map_err(|_| Problem::new(Kind::InvalidCursor))
}

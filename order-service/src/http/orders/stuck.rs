use axum::extract::State;
use order_api::{OrderId, StuckOrder};
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::ServiceCaller;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::Page;

use super::representation::stuck;
use crate::app::orders::{Filter, Listing};
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Parameters, SignIn};

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListStuckOrders {
    /// 1 to 100; 20 unless given, and more than 100 gives 100.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Orders that wait for an administrator, for the operator
///
/// Newest first, each with the step that it waits at.
#[utoipa::path(
    get,
    path = "/internal/v1/orders/stuck",
    tag = "internal",
    params(ListStuckOrders),
    security(("service" = [])),
    responses(
        (status = 200, description = "One page", body = Page<StuckOrder>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Parameters
    )
)]
pub(crate) async fn list_stuck_orders(
    State(app): State<App>,
    _: ServiceCaller,
    QueryOf(query): QueryOf<ListStuckOrders>,
) -> Result<Represented<Page<StuckOrder>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let limit = errors.finish(Some(limit))?;
    let cursor = Cursor::of(&"stuck orders");
    let after: Option<OrderId> = query.cursor.as_deref().map(|text| cursor.decode(text)).transpose()?;
    let listing = Listing { concerning: None, filter: Some(Filter::Stuck), after };
    let (orders, next) = app::orders::page(&app, listing, limit).await?;
    let page = Page { items: orders.iter().filter_map(stuck).collect(), next: next.map(|id| cursor.encode(&id)) };
    Ok(Represented::new(page, CacheRule::Private))
}

use axum::extract::State;
use order_api::{Order as Wire, OrderId, OrderState};
use problem::{FieldErrors, Kind, Problem};
use serde::Deserialize;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented, newest_first};
use utoipa::IntoParams;
use vocabulary::Page;

use super::representation::wire;
use crate::app::orders::{Filter, Listing};
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Ownership, Parameters, SignIn};

/// Which orders, and which page of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrders {
    /// A state of orders; or `stuck`, by which administrators find what waits for them.
    state: Option<String>,
    /// `all` shows administrators everybody's orders.
    scope: Option<String>,
    /// `-created_at`, newest first, which is the only order there is.
    sort: Option<String>,
    /// 1 to 100; 20 unless given, and more than 100 gives 100.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Orders
///
/// Those that the caller has placed, and those of the caller's things; newest first.
#[utoipa::path(
    get,
    path = "/api/v1/orders",
    tag = "orders",
    params(ListOrders),
    security(("member" = [])),
    responses(
        (status = 200, description = "One page", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Ownership,
        Parameters
    )
)]
pub(crate) async fn list_orders(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<ListOrders>,
) -> Result<Represented<Page<Wire>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let filter = query.state.as_deref().and_then(|word| state(&mut errors, word));
    let is_all = query.scope.as_deref().is_some_and(|word| scope(&mut errors, word));
    newest_first(query.sort.as_deref(), &mut errors);
    let limit = errors.finish(Some(limit))?;
    let everybody = is_all || filter == Some(Filter::Stuck);
    if everybody && !caller.is_admin() {
        return Err(Problem::because(Kind::Forbidden, "Everybody's orders are for administrators."));
    }
    let concerning = (!everybody).then_some(caller.user_id);
    let cursor = Cursor::of(&("orders", concerning, &query.state));
    let after: Option<OrderId> = query.cursor.as_deref().map(|text| cursor.decode(text)).transpose()?;
    let (orders, next) = app::orders::page(&app, Listing { concerning, filter, after }, limit).await?;
    let page = Page { items: orders.iter().map(wire).collect(), next: next.map(|id| cursor.encode(&id)) };
    Ok(Represented::new(page, CacheRule::Private))
}

fn state(errors: &mut FieldErrors, word: &str) -> Option<Filter> {
    if word == "stuck" {
        return Some(Filter::Stuck);
    }
    errors.parsed("state", "unknown_state", word.parse::<OrderState>()).map(Filter::State)
}

fn scope(errors: &mut FieldErrors, word: &str) -> bool {
    if word != "all" {
        errors.refuse("scope", "unknown_scope", "The only scope is `all`; leave it out for your own.");
    }
    true
}

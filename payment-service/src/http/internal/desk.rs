use axum::extract::State;
use payment_api::{Payment as Wire, PaymentId, PaymentState, Provider};
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::ServiceCaller;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::Page;

use crate::app::read::Listing;
use crate::app::{self, App};
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Parameters, SignIn};

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDeskPayments {
    /// 1 to 100; 20 unless given, and more than 100 gives 100.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Payments that wait to be paid at the desk, for the operator
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/internal/v1/desk/payments",
    tag = "internal",
    params(ListDeskPayments),
    security(("service" = [])),
    responses(
        (status = 200, description = "One page", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Parameters
    )
)]
pub(crate) async fn list_desk_payments(
    State(app): State<App>,
    _: ServiceCaller,
    QueryOf(query): QueryOf<ListDeskPayments>,
) -> Result<Represented<Page<Wire>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let limit = errors.finish(Some(limit))?;
    let cursor = Cursor::of(&"desk payments");
    let after: Option<PaymentId> = query.cursor.as_deref().map(|text| cursor.decode(text)).transpose()?;
    let waiting = Listing { state: Some(PaymentState::Created), provider: Some(Provider::Desk), after };
    let (payments, next) = app::read::page(&app, waiting, limit).await?;
    let page = Page { items: payments.iter().map(wire).collect(), next: next.map(|id| cursor.encode(&id)) };
    Ok(Represented::new(page, CacheRule::Private))
}

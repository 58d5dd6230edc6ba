use axum::extract::State;
use payment_api::{Payment as Wire, PaymentId, PaymentState, Provider};
use problem::{FieldErrors, Kind, Problem};
use serde::Deserialize;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented, newest_first};
use utoipa::IntoParams;
use vocabulary::Page;

use crate::app::read::Listing;
use crate::app::{self, App};
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Ownership, Parameters, SignIn};

/// Which payments, and which page of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPayments {
    /// A state of payments; with `created` and the provider `desk` those that wait to be paid there.
    state: Option<String>,
    /// Who moves the money: `desk`, `stripe` or `test`.
    provider: Option<String>,
    /// `-created_at`, newest first, which is the only order there is.
    sort: Option<String>,
    /// 1 to 100; 20 unless given, and more than 100 gives 100.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Everybody's payments
///
/// For administrators; newest first. A payment names its order, and `/paid` says that it was paid at the desk.
#[utoipa::path(
    get,
    path = "/api/v1/payments",
    tag = "payments",
    params(ListPayments),
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
pub(crate) async fn list_payments(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<ListPayments>,
) -> Result<Represented<Page<Wire>>, Problem> {
    if !caller.is_admin() {
        return Err(Problem::because(Kind::Forbidden, "Everybody's payments are for administrators."));
    }
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let state = query.state.as_deref();
    let state = state.and_then(|word| errors.parsed("state", "unknown_state", word.parse::<PaymentState>()));
    let provider = query.provider.as_deref();
    let provider = provider.and_then(|word| errors.parsed("provider", "unknown_provider", word.parse::<Provider>()));
    newest_first(query.sort.as_deref(), &mut errors);
    let limit = errors.finish(Some(limit))?;
    let cursor = Cursor::of(&("payments", state, provider));
    let after: Option<PaymentId> = query.cursor.as_deref().map(|text| cursor.decode(text)).transpose()?;
    let (payments, next) = app::read::page(&app, Listing { state, provider, after }, limit).await?;
    let page = Page { items: payments.iter().map(wire).collect(), next: next.map(|id| cursor.encode(&id)) };
    Ok(Represented::new(page, CacheRule::Private))
}

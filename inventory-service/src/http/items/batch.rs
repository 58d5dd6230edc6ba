use axum::extract::State;
use axum::http::StatusCode;
use inventory_api::{BatchReport, BatchResult, CreateItemsRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, JsonBody, NoParameters, Written};

use super::representation::wire;
use crate::app::{self, App};
use crate::domain::item::Item;
use service_kit::http::refusals::{Always, Body, Contradiction, SignIn};

/// Offer several items
///
/// Each as by a request of its own: those that are right are made, and the others say what is wrong with them, so the answer
/// has a status for each (RFC 4918 §11.1). The body has at most 65,536 bytes, as every JSON body; more comes as a file.
#[utoipa::path(
    post,
    path = "/api/v1/items/batch",
    tag = "items",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
    request_body = CreateItemsRequest,
    security(("member" = [])),
    responses(
        (status = 207, description = "What came of each", body = BatchReport,
            headers(("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Contradiction,
        Body
    )
)]
pub(crate) async fn create_items(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    _: NoParameters,
    body: JsonBody<CreateItemsRequest>,
) -> Result<(StatusCode, Written), Problem> {
    let keyed = key.of(caller.user_id.uuid(), "POST /items/batch", &body.bytes);
    let created = app::batch::create(&app, &caller, &body.value, &keyed, |results| {
        let report = BatchReport { results: results.iter().map(result).collect() };
        Written::changed(&report).invalidates(&["items".to_owned(), "categories".to_owned()])
    });
    Ok((StatusCode::MULTI_STATUS, created.await?))
}

fn result(made: &Result<Item, Problem>) -> BatchResult {
    match made {
        Ok(item) => BatchResult { status: 201, item: Some(wire(item)), problem: None },
        Err(problem) => {
            BatchResult { status: problem.kind().status().as_u16(), item: None, problem: Some(problem.body(None)) }
        }
    }
}

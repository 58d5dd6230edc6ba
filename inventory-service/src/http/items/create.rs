use axum::extract::State;
use inventory_api::{CreateItemRequest, Item as Wire};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, JsonBody, NoParameters, Written};

use super::representation::{stale, wire};
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Body, Contradiction, SignIn};

/// Offer an item
#[utoipa::path(
    post,
    path = "/api/v1/items",
    tag = "items",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
    request_body = CreateItemRequest,
    security(("member" = [])),
    responses(
        (status = 201, description = "The new item", body = Wire,
            headers(("Location" = String), ("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Contradiction,
        Body
    )
)]
pub(crate) async fn create_item(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    _: NoParameters,
    body: JsonBody<CreateItemRequest>,
) -> Result<Written, Problem> {
    let keyed = key.of(caller.user_id.uuid(), "POST /items", &body.bytes);
    let created = app::items::create(&app, &caller, &body.value, &keyed, |item| {
        let location = format!("/api/v1/items/{}", item.id);
        Written::created(&location, &wire(item))
            .version(item.version)
            .invalidates(&stale(item.id, app::items::is_listed(item)))
    });
    Ok(created.await?)
}

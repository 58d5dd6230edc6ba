use axum::extract::State;
use inventory_api::{Category as Wire, CreateCategoryRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, JsonBody, NoParameters, Written};

use super::representation::{stale, wire};
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Body, Contradiction, Ownership, SignIn};

/// Add a category
#[utoipa::path(
    post,
    path = "/api/v1/categories",
    tag = "categories",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
    request_body = CreateCategoryRequest,
    security(("member" = [])),
    responses(
        (status = 201, description = "The new category", body = Wire,
            headers(("Location" = String), ("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Contradiction,
        Body
    )
)]
pub(crate) async fn create_category(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    _: NoParameters,
    body: JsonBody<CreateCategoryRequest>,
) -> Result<Written, Problem> {
    let keyed = key.of(caller.user_id.uuid(), "POST /categories", &body.bytes);
    let created = app::categories::create(&app, &caller, &body.value, &keyed, |category, all| {
        let location = format!("/api/v1/categories/{}", category.slug);
        Written::created(&location, &wire(category, all)).version(category.version).invalidates(&stale())
    });
    Ok(created.await?)
}

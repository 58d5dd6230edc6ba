use axum::extract::State;
use inventory_api::Photo as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};
use service_kit::http::{IdempotencyKey, NoParameters, PathId, Written};
use vocabulary::{Item, ItemId};

use super::body::PhotoBody;
use super::representation::wire;
use crate::app::{self, App};
use crate::http::items::groups;
use crate::http::refusals::{Busy, Retired};

/// Add a photo to an item
///
/// JPEG, PNG or WebP up to 10 MiB, as the body itself or as the one file of a form. It is turned upright, scaled to at most
/// 2,048 pixels a side and kept as JPEG without anything else that was in the file, such as where it was taken. An item has at
/// most 12.
#[utoipa::path(
    post,
    path = "/api/v1/items/{id}/photos",
    tag = "photos",
    params(
        ("id" = ItemId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")
    ),
    request_body(
        content(
            (Vec<u8> = "image/jpeg"),
            (Vec<u8> = "image/png"),
            (Vec<u8> = "image/webp"),
            (super::body::PhotoForm = "multipart/form-data")
        )
    ),
    security(("member" = [])),
    responses(
        (status = 201, description = "The new photo", body = Wire,
            headers(("Location" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Retired,
        Contradiction,
        Body,
        Busy
    )
)]
pub(crate) async fn add_photo(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Item>,
    key: IdempotencyKey,
    _: NoParameters,
    body: PhotoBody,
) -> Result<Written, Problem> {
    let keyed = key.of(caller.user_id.uuid(), "POST /items/{id}/photos", &[id.uuid().as_bytes(), body.file()].concat());
    let added = app::photos::add(&app, &caller, id, body.upload(), &keyed, |photo| {
        let shown = wire(photo);
        Written::created(&shown.url, &shown).invalidates(&groups(id))
    });
    Ok(added.await?)
}

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use inventory_api::{PhotoId, PhotoRequest};
use problem::{Kind, Problem};
use vocabulary::ItemId;

use crate::clients::{Answer, ApiError};
use crate::http::address::Address;
use crate::http::mine::edit::{EditPage, send};
use crate::http::posted::Posted;
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Page, redirect};
use crate::words::refusal;

/// Saves what is said of the photos, and moves or removes one of them, as the button says.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<ItemId>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    let (act, photo) = posted.get("act").split_once(':').unwrap_or_default();
    let removed = (act == "remove").then(|| photo.parse::<PhotoId>().map_err(|_| Problem::new(Kind::NotFound)));
    let photos = arranged(&posted, act, photo);
    match change(&visit, id, posted.version()?, photos, removed.transpose()?).await {
        Ok(answer) => Ok(send(&visit, &visit.path(&format!("/mine/{id}?saved=1#photos")), answer.invalidates)),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => {
            Ok(redirect(&visit.path(&format!("/mine/{id}?stale=1#photos"))))
        }
        Err(error) if error.kind() == Kind::InvalidFields => {
            let item = visit.web.inventory.item(id, &visit.asking).await?;
            let problems = error.fields().iter().map(|field| refusal(visit.lang, field)).collect();
            let page = EditPage::of(&visit, &item, vec![sign_in::failure(visit.lang, &error)], problems).await;
            Ok(Page::new(page).status(sign_in::status(&error)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The photos as the form has them, with the one that the button names a place further up or down.
fn arranged(posted: &Posted, act: &str, photo: &str) -> Vec<PhotoRequest> {
    let mut order: Vec<&str> = posted.get("order").split(',').collect();
    if let Some(place) = order.iter().position(|one| *one == photo) {
        match act {
            "up" if place > 0 => order.swap(place, place - 1),
            "down" if place + 1 < order.len() => order.swap(place, place + 1),
            _ => {}
        }
    }
    let said =
        |id: &&str| PhotoRequest { id: Some((*id).to_owned()), alt: Some(posted.get(&format!("alt-{id}")).to_owned()) };
    order.iter().map(said).collect()
}

/// Arranges first, so that what was typed for the others is saved when one is removed.
async fn change(
    visit: &Visit,
    id: ItemId,
    version: i64,
    photos: Vec<PhotoRequest>,
    removed: Option<PhotoId>,
) -> Result<Answer<()>, ApiError> {
    let inventory = &visit.web.inventory;
    let arranged = inventory.arrange_photos(id, version, photos, &visit.asking).await?;
    match removed {
        Some(photo) => inventory.remove_photo(id, photo, arranged.body.version, &visit.asking).await,
        None => Ok(Answer { body: (), invalidates: arranged.invalidates }),
    }
}

use askama::Template;
use axum::response::{IntoResponse, Response};
use inventory_api::{Item, OfferKind};
use problem::Problem;
use vocabulary::ItemId;

use crate::clients::ApiError;
use crate::http::address::Address;
use crate::http::visit::Visit;
use crate::shown::{Frame, Notice, Page, Qr, origin};

#[derive(Template)]
#[template(path = "labels.html")]
struct Labels {
    f: Frame,
    notices: Vec<Notice>,
    /// The address of the item's form.
    edit: String,
    name: String,
    /// The item's own address, which the code holds; it is in no language.
    address: String,
    code: Option<Qr>,
    place: Option<String>,
    /// What is written on each unit.
    units: Vec<String>,
}

/// Labels to print and to stick on a thing: one for each of its units.
pub(in crate::http) async fn show(visit: Visit, Address(id): Address<ItemId>) -> Result<Response, Problem> {
    visit.session()?;
    let item = visit.web.inventory.item(id, &visit.asking).await?;
    let (f, mut notices) = (visit.frame(), Vec::new());
    let units = units(&visit, &item).await.or_else(|error| match error {
        error @ ApiError::Refused { .. } => Err(Problem::from(error)),
        error @ ApiError::Missing { .. } => {
            tracing::warn!(error = %error, "labels miss the units");
            notices.push(Notice::calm(f.w.owning.units_missing));
            Ok(vec![String::new()])
        }
    })?;
    let address = format!("{}/items/{id}", origin(&visit.asking.headers));
    let labels = Labels {
        edit: visit.path(&format!("/mine/{id}")),
        code: Qr::of(&address),
        address,
        place: item.pickup.map(|place| place.label),
        name: item.name,
        units,
        notices,
        f,
    };
    Ok(Page::new(labels).into_response())
}

/// What is written on the units; one label without more for what is sold.
async fn units(visit: &Visit, item: &Item) -> Result<Vec<String>, ApiError> {
    if item.offer == OfferKind::Sell {
        return Ok(vec![String::new()]);
    }
    let units = visit.web.inventory.units(item.id, &visit.asking).await?;
    Ok(units.into_iter().map(|unit| unit.label).collect())
}

use axum::response::Response;
use inventory_api::UnitRequest;
use problem::Problem;
use vocabulary::ItemId;

use super::page::UnitsPage;
use crate::http::address::Address;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;

/// Adds a unit, once for each form.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<ItemId>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    let said = |name| Some(posted.get(name).to_owned()).filter(|text| !text.is_empty());
    let unit = UnitRequest {
        label: said("label"),
        condition: said("condition"),
        out_of_service: Some(said("out_of_service").is_some()),
    };
    match visit.web.inventory.add_unit(id, &unit, posted.get("key"), &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &visit.path(&format!("/mine/{id}/units?saved=1")), answer.invalidates)),
        Err(error) => UnitsPage::after(&visit, id, None, &posted, &error).await,
    }
}

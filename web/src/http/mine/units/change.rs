use axum::response::Response;
use http::StatusCode;
use inventory_api::UnitId;
use problem::Problem;
use serde_json::json;
use vocabulary::ItemId;

use super::page::UnitsPage;
use crate::clients::Answer;
use crate::http::address::Address;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Says something else of a unit, or takes it away, as the button says.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address((id, unit)): Address<(ItemId, UnitId)>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    let (version, inventory) = (posted.version()?, &visit.web.inventory);
    let done = if posted.get("act") == "remove" {
        inventory.remove_unit((id, unit), version, &visit.asking).await
    } else {
        let patch = json!({
            "label": posted.get("label"),
            "condition": posted.get("condition"),
            "out_of_service": !posted.get("out_of_service").is_empty(),
        });
        let changed = inventory.change_unit((id, unit), version, &patch, &visit.asking).await;
        changed.map(|answer| Answer { body: (), invalidates: answer.invalidates })
    };
    let here = visit.path(&format!("/mine/{id}/units"));
    match done {
        Ok(answer) => Ok(send(&visit, &format!("{here}?saved=1"), answer.invalidates)),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => Ok(redirect(&format!("{here}?stale=1"))),
        Err(error) => UnitsPage::after(&visit, id, Some(unit), &posted, &error).await,
    }
}

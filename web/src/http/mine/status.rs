use axum::response::Response;
use http::StatusCode;
use problem::Problem;
use serde_json::json;
use vocabulary::ItemId;

use super::edit::send;
use crate::http::address::Address;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Puts an item on the shelf, pauses it, or makes it a draft again.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<ItemId>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    let change = json!({ "status": posted.get("status") });
    match visit.web.inventory.change(id, posted.version()?, &change, &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &visit.path(&format!("/mine/{id}?saved=1")), answer.invalidates)),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => {
            Ok(redirect(&visit.path(&format!("/mine/{id}?stale=1"))))
        }
        Err(error) => Err(error.into()),
    }
}

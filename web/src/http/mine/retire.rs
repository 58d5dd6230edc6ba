use axum::response::Response;
use http::StatusCode;
use problem::Problem;
use vocabulary::ItemId;

use super::edit::send;
use crate::http::address::Address;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Takes an item off for good.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<ItemId>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    match visit.web.inventory.retire(id, posted.version()?, &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &visit.path("/mine"), answer.invalidates)),
        // It was retired before, perhaps by the same form.
        Err(error) if error.is(StatusCode::GONE) => Ok(redirect(&visit.path("/mine"))),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => {
            Ok(redirect(&visit.path(&format!("/mine/{id}?stale=1"))))
        }
        Err(error) => Err(error.into()),
    }
}

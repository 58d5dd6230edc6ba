use axum::response::Response;
use problem::Problem;
use vocabulary::ItemId;

use crate::http::address::Address;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Takes a thing out of the cart.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<ItemId>,
    _: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    visit.web.orders.remove_line(id, &visit.asking).await?;
    Ok(redirect(&visit.path("/cart")))
}

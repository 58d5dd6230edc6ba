use axum::extract::Path;
use axum::response::Response;
use problem::{Kind, Problem};
use vocabulary::ItemId;

use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Takes a thing out of the cart.
pub(in crate::http) async fn submit(visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Problem> {
    visit.session()?;
    let id: ItemId = id.parse().map_err(|_| Problem::new(Kind::NotFound))?;
    visit.web.orders.remove_line(id, &visit.asking).await?;
    Ok(redirect(&visit.path("/cart")))
}

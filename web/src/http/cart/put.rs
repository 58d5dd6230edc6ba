use axum::response::Response;
use order_api::CartLineRequest;
use problem::Problem;
use vocabulary::ItemId;

use crate::http::address::Address;
use crate::http::item::Wanted;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::sign_in_again::signed_in;
use crate::http::visit::Visit;
use crate::shown::{redirect, zone};

/// Puts a thing into the cart, for the days that were chosen. What cannot be understood leads back to where it was chosen.
pub(in crate::http) async fn submit(
    mut visit: Visit,
    Address(id): Address<ItemId>,
    posted: Posted,
) -> Result<Response, Problem> {
    let here = visit.path(&format!("/cart/{id}"));
    if let Err(page) = signed_in(&mut visit, &posted, &["from", "to", "units"], here).await {
        return Ok(page);
    }
    let (from, to, units) = (posted.get("from"), posted.get("to"), posted.get("units"));
    let wanted = Wanted { from: from.to_owned(), to: to.to_owned(), units: units.to_owned() };
    let item = visit.web.inventory.item(id, &visit.asking).await?;
    let now = visit.web.clock.now();
    let Ok(choice) = wanted.of(&item, now, visit.lang.words()) else {
        let pairs = [("from", from), ("to", to), ("units", units)];
        return Ok(redirect(&format!("{}#borrow", visit.link(&format!("/items/{id}"), pairs))));
    };
    let line = CartLineRequest {
        units: Some(i64::from(choice.units)),
        period: choice.days.map(|days| days.period(zone(&item), now).into()),
    };
    visit.web.orders.put_line(id, &line, &visit.asking).await?;
    Ok(send(&visit, &visit.path("/cart"), None))
}

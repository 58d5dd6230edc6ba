use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use problem::Problem;
use vocabulary::ItemId;

use super::page::UnitsPage;
use crate::http::address::Address;
use crate::http::came::Came;
use crate::http::visit::Visit;
use crate::shown::Page;

/// Every unit with its form, and a form for another one.
pub(in crate::http) async fn show(
    visit: Visit,
    Address(id): Address<ItemId>,
    Query(came): Query<Came>,
) -> Result<Response, Problem> {
    visit.session()?;
    let page = UnitsPage::new(&visit, id, came.notices(visit.lang.words())).await?;
    Ok(Page::new(page).into_response())
}

use axum::response::Response;
use inventory_api::CreateCategoryRequest;
use problem::Problem;

use super::list::after;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;

/// Makes a category, once for each form.
pub(in crate::http) async fn submit(visit: Visit, posted: Posted) -> Result<Response, Problem> {
    visit.session()?;
    let given = |name| Some(posted.get(name)).filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    let category = CreateCategoryRequest { name: given("name"), slug: given("slug"), parent: given("parent") };
    match visit.web.inventory.create_category(&category, posted.get("key"), &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &visit.path("/categories?saved=1"), answer.invalidates)),
        Err(error) => after(&visit, &posted, error).await,
    }
}

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use inventory_api::ReplaceCategoryRequest;
use problem::{Kind, Problem};

use super::list::after;
use crate::clients::Answer;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Renames, moves or deletes a category, as the button says.
pub(in crate::http) async fn submit(
    visit: Visit,
    Path(slug): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    // A slug becomes part of another address; whatever else is nobody's.
    if !slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(Problem::new(Kind::NotFound));
    }
    let (version, inventory) = (posted.version()?, &visit.web.inventory);
    let done = if posted.get("act") == "delete" {
        inventory.delete_category(&slug, version, &visit.asking).await
    } else {
        let given = |name| Some(posted.get(name)).filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        let category = ReplaceCategoryRequest { name: given("name"), parent: given("parent") };
        let replaced = inventory.replace_category(&slug, version, &category, &visit.asking).await;
        replaced.map(|answer| Answer { body: (), invalidates: answer.invalidates })
    };
    match done {
        Ok(answer) => Ok(send(&visit, &visit.path("/categories?saved=1"), answer.invalidates)),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => Ok(redirect(&visit.path("/categories?stale=1"))),
        Err(error) => after(&visit, &Posted::default(), error).await,
    }
}

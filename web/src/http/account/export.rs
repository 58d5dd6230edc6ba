use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use problem::Problem;
use serde_json::json;

use crate::clients::all_pages;
use crate::http::visit::Visit;

/// More pages of a hundred than anybody has.
const PAGES: usize = 10_000;

/// Gives the member a file with all that is kept about them, what they offer and what they ordered. Nothing less: while a
/// service is missing there is no file.
pub(in crate::http) async fn download(visit: Visit) -> Result<Response, Problem> {
    visit.session()?;
    let (web, asking) = (&visit.web, &visit.asking);
    let (account, items, orders) = tokio::try_join!(
        web.users.export(asking),
        all_pages(PAGES, |cursor| async move { web.inventory.mine("100", cursor.as_deref(), asking).await }),
        all_pages(PAGES, |cursor| async move { web.orders.concerning("100", cursor.as_deref(), asking).await }),
    )?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"lendery-data.json\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, format!("{:#}\n", json!({ "account": account, "items": items, "orders": orders }))).into_response())
}

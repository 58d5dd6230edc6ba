use axum::response::Response;
use problem::Problem;

use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Starts copying into the warehouse.
pub(in crate::http) async fn submit(visit: Visit, _: Posted) -> Result<Response, Problem> {
    visit.session()?;
    visit.web.warehouse.run(&visit.asking).await?;
    Ok(redirect(&visit.path("/operations?run=1#warehouse")))
}

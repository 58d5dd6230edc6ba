use axum::response::Response;
use http::StatusCode;
use problem::Problem;

use super::show::after;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Changes the name that others see.
pub(in crate::http) async fn submit(visit: Visit, posted: Posted) -> Result<Response, Problem> {
    visit.session()?;
    match visit.web.users.rename(posted.get("display_name"), posted.version()?, &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &visit.path("/account?saved=1"), answer.invalidates)),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => Ok(redirect(&visit.path("/account?stale=1"))),
        Err(error) => after(&visit, error).await,
    }
}

use axum::response::Response;
use http::StatusCode;
use problem::Problem;
use vocabulary::SessionId;

use crate::http::address::Address;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Signs one of the member's devices out.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<SessionId>,
    _: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    match visit.web.users.revoke(id, &visit.asking).await {
        Err(error) if !error.is(StatusCode::NOT_FOUND) => Err(error.into()),
        // One that has ended already is signed out as well.
        _ => Ok(redirect(&visit.path("/account?saved=1"))),
    }
}

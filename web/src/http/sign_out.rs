use axum::response::Response;
use http::header;

use super::posted::Posted;
use super::visit::Visit;
use crate::shown::redirect;

/// Ends the session, here and at the user service.
pub(super) async fn submit(visit: Visit, _: Posted) -> Response {
    if visit.visitor.session().is_some()
        && let Err(error) = visit.web.users.logout(&visit.asking).await
    {
        // Without its tokens this browser is signed out all the same; they end by themselves.
        tracing::warn!(error = %error, "a session was not ended at the user service");
    }
    let mut response = redirect(&visit.path(""));
    response.headers_mut().extend(visit.web.cookie.forget().map(|forget| (header::SET_COOKIE, forget)));
    response
}

use std::sync::Arc;

use axum::response::Response;
use problem::Problem;
use user_api::ChangePasswordRequest;
use vocabulary::Secret;

use super::show::after;
use crate::http::posted::Posted;
use crate::http::sign_in::with_session;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Changes the password. Other devices have to sign in again; this one goes on with new tokens.
pub(in crate::http) async fn submit(mut visit: Visit, posted: Posted) -> Result<Response, Problem> {
    let session = visit.session()?.clone();
    let request = ChangePasswordRequest {
        current_password: Some(Secret::new(posted.verbatim("current_password"))),
        new_password: Some(Secret::new(posted.verbatim("new_password"))),
    };
    match visit.web.users.change_password(&request, &visit.asking).await {
        Ok(pair) => {
            let renewed = session.renewed(pair, visit.web.clock.now());
            visit.signed_in(Arc::new(renewed));
            Ok(with_session(redirect(&visit.path("/account?password=1")), &visit))
        }
        Err(error) => after(&visit, error).await,
    }
}

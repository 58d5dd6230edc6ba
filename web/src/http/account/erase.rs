use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use problem::Problem;

use super::show::{AccountPage, after};
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::{Notice, Page, redirect};

/// Deletes the member's account, once they have written its e-mail as a sign that they mean it.
pub(in crate::http) async fn submit(visit: Visit, posted: Posted) -> Result<Response, Problem> {
    visit.session()?;
    let w = visit.lang.words();
    let user = visit.web.users.me(&visit.asking).await?;
    if !posted.get("confirm_email").eq_ignore_ascii_case(&user.email) {
        let mut page = AccountPage::new(&visit, vec![Notice::urgent(w.look_at_fields)], None).await?;
        page.mistrust(posted.get("confirm_email"), w.owning.erase_mismatch);
        return Ok(Page::new(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    }
    match visit.web.users.erase_me(user.version, &visit.asking).await {
        Ok(answer) => {
            let mut response = send(&visit, &visit.path("/sign-in?erased=1"), answer.invalidates);
            // There is no session any more.
            response.headers_mut().remove(header::SET_COOKIE);
            response.headers_mut().extend(visit.web.cookie.forget().map(|forget| (header::SET_COOKIE, forget)));
            Ok(response)
        }
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => Ok(redirect(&visit.path("/account?stale=1"))),
        Err(error) => after(&visit, error).await,
    }
}

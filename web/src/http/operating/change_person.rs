use axum::response::Response;
use http::StatusCode;
use problem::Problem;
use user_api::{Role, UpdateUserRequest, UserStatus};
use vocabulary::UserId;

use super::person::after;
use crate::http::address::Address;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::redirect;

/// Changes what somebody may do, and whether they may sign in.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<UserId>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    let change = UpdateUserRequest {
        // An administrator is a member too.
        roles: Some(if posted.get("role") == "admin" { vec![Role::Member, Role::Admin] } else { vec![Role::Member] }),
        status: Some(if posted.get("status") == "disabled" { UserStatus::Disabled } else { UserStatus::Active }),
    };
    let here = visit.path(&format!("/people/{id}"));
    match visit.web.users.change_person(id, posted.version()?, &change, &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &format!("{here}?saved=1"), answer.invalidates)),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => Ok(redirect(&format!("{here}?stale=1"))),
        Err(error) => after(&visit, id, error).await,
    }
}

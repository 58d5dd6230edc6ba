use axum::response::{IntoResponse, Response};
use problem::Problem;
use vocabulary::UserId;

use super::person::{PersonPage, after};
use crate::http::address::Address;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::{Page, origin};

/// Makes a link with which somebody can set a new password, and shows it once.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<UserId>,
    _: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    match visit.web.users.offer_reset(id, &visit.asking).await {
        Ok(link) => {
            let mut page = PersonPage::new(&visit, id, Vec::new()).await?;
            page.reset = Some(format!("{}{}", origin(&visit.asking.headers), link.path.expose()));
            Ok(Page::new(page).into_response())
        }
        Err(error) => after(&visit, id, error).await,
    }
}

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use problem::Problem;
use vocabulary::Item;

use super::edit::{Draft, EditPage, refused, send};
use super::form::Values;
use crate::clients::{Answer, ApiError};
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::Page;

/// The empty form for something new.
pub(in crate::http) async fn show(visit: Visit) -> Result<Response, Problem> {
    visit.session()?;
    let key = visit.web.clock.new_id::<Item>().to_string();
    let page = EditPage::new(&visit, &Draft::New { key }, &Values::new(), Vec::new()).await;
    Ok(Page::new(page).into_response())
}

/// Offers it. The form's key makes sure that it is offered once, however often the form is sent.
pub(in crate::http) async fn submit(mut visit: Visit, posted: Posted) -> Result<Response, Problem> {
    let values = Values::posted(&posted);
    let draft = Draft::New { key: posted.get("key").to_owned() };
    let request = match refused(&mut visit, &posted, &draft, &values).await {
        Ok(request) => request,
        Err(page) => return Ok(page),
    };
    match visit.web.inventory.create(&request, posted.get("key"), &visit.asking).await {
        Ok(Answer { body, invalidates }) => {
            Ok(send(&visit, &visit.path(&format!("/mine/{}?saved=1", body.id)), invalidates))
        }
        Err(error) => Ok(again(&visit, draft, &values, error).await),
    }
}

async fn again(visit: &Visit, draft: Draft, values: &Values, error: ApiError) -> Response {
    // A key stands for one text: what is changed now is another request. Only when nobody knows whether the first one
    // arrived, the key has to stay.
    let draft = match &error {
        ApiError::Refused { status, .. } if *status != StatusCode::CONFLICT => {
            Draft::New { key: visit.web.clock.new_id::<Item>().to_string() }
        }
        _ => draft,
    };
    EditPage::after(visit, &draft, values, error).await
}

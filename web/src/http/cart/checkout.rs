use axum::response::{IntoResponse, Response};
use order_api::{CartWord, LinesRequest, PaymentRequest, PlaceOrderRequest, Provider};
use problem::Problem;
use vocabulary::Secret;

use super::show::CartPage;
use crate::clients::{Answer, ApiError};
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::sign_in;
use crate::http::sign_in_again::signed_in;
use crate::http::visit::Visit;
use crate::shown::{Notice, Page};

/// Orders what is in the cart. The form's key makes sure that it is ordered once, however often the form is sent.
pub(in crate::http) async fn submit(mut visit: Visit, posted: Posted) -> Result<Response, Problem> {
    let here = visit.path("/checkout");
    if let Err(page) = signed_in(&mut visit, &posted, &["key", "payment"], here).await {
        return Ok(page);
    }
    let key = posted.get("key");
    let order =
        PlaceOrderRequest { lines: Some(LinesRequest::Cart(CartWord::Cart)), payment: payment(posted.get("payment")) };
    match visit.web.orders.place(&order, key, &visit.asking).await {
        Ok(Answer { body, invalidates }) => {
            Ok(send(&visit, &visit.path(&format!("/orders/{}?placed=1", body.id)), invalidates))
        }
        Err(error) => {
            // Only while nobody knows whether the first one arrived, the key has to stay.
            let key = matches!(error, ApiError::Missing { .. }).then_some(key);
            let mut notices = vec![sign_in::failure(visit.lang, &error)];
            notices.extend(error.fields().iter().map(|field| Notice::urgent(field.detail.clone())));
            let page = CartPage::new(&visit, notices, key).await?;
            let status = page.status.max(sign_in::status(&error));
            Ok(sign_in::with_session(Page::new(page).status(status).into_response(), &visit))
        }
    }
}

/// How a choice of the form is paid.
fn payment(choice: &str) -> Option<PaymentRequest> {
    let (provider, token) = match choice {
        "desk" => (Provider::Desk, None),
        "test" => (Provider::Test, Some("tok_approved")),
        "test-declined" => (Provider::Test, Some("tok_declined")),
        _ => return None,
    };
    Some(PaymentRequest { provider: Some(provider.as_str().to_owned()), token: token.map(Secret::new) })
}

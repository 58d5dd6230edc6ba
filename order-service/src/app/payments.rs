use http::HeaderMap;
use payment_api::{CheckRequest, RefusedField};
use problem::FieldProblem;
use vocabulary::Money;

use super::App;
use crate::domain::quote::Pricing;
use crate::domain::request::Payment;

/// What the payment service says of a payment before anything is ordered, by the fields of an order. Without an answer
/// nothing is known against it, and the saga finds out.
pub(super) async fn unusable(
    app: &App,
    payment: &Payment,
    pricing: Option<&Pricing>,
    context: &HeaderMap,
) -> Vec<FieldProblem> {
    let money = |amount_minor, pricing: &Pricing| Money { amount_minor, currency: pricing.currency };
    let request = CheckRequest {
        provider: Some(payment.provider),
        token: payment.token.clone(),
        amount: pricing.map(|pricing| money(pricing.total, pricing)),
        deposit: pricing.map(|pricing| money(pricing.deposit_total, pricing)),
    };
    let refused = app.payments.check(&request, context).await.unwrap_or_else(|error| {
        tracing::info!(error = %error, "an order is placed although its payment could not be checked");
        Vec::new()
    });
    refused.into_iter().map(of_order).collect()
}

/// The field of an order that a field of a check comes from.
fn of_order(RefusedField { pointer, code, detail }: RefusedField) -> FieldProblem {
    let pointer = match pointer.as_str() {
        "/provider" | "/token" => format!("/payment{pointer}"),
        _ => "/lines".to_owned(),
    };
    FieldProblem { pointer, code: code.into(), detail }
}

//! The `stripe` provider, against a Stripe of ours.

mod fake;
mod faults;
mod intents;
mod life;
mod webhooks;

use payment_service::Config;
use serde_json::Value;
use test_kit::http::Answer;
use test_kit::on_every_database;
use vocabulary::Secret;

use self::fake::{FakeStripe, KEY, SECRET};
use crate::payments::Payments;

/// Runs `test` against payments with an account at a fake Stripe, on an empty database of each kind.
async fn with_stripe(return_url: &str, test: impl AsyncFn(&Payments, &FakeStripe)) {
    on_every_database(async |database| {
        let stripe = FakeStripe::start().await;
        let payments = Payments::start(database.url(), config(&stripe, return_url)).await;
        test(&payments, &stripe).await;
        payments.stop().await;
    })
    .await;
}

fn config(stripe: &FakeStripe, return_url: &str) -> Config {
    Config {
        stripe_url: stripe.url.clone(),
        stripe_secret_key: Secret::new(KEY),
        stripe_webhook_secret: Secret::new(SECRET),
        stripe_return_url: return_url.to_owned(),
        ..Config::default()
    }
}

/// Asks for a hold of 5,900 on a card.
async fn authorise(payments: &Payments, order: u128, card: &str) -> Answer {
    payments.service().post("/internal/v1/payments", &request(payments, order, card)).await
}

fn request(payments: &Payments, order: u128, card: &str) -> Value {
    let mut request = payments.request(order, card);
    request["provider"] = "stripe".into();
    request
}

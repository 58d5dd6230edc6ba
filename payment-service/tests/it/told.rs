use serde_json::json;

use crate::payments::on_both;

#[tokio::test]
async fn providers_that_sign_nothing_tell_nothing() {
    on_both(async |payments| {
        for provider in ["test", "desk", "stripe", "nobody", "%00"] {
            let address = format!("/api/v1/payments/webhooks/{provider}");
            payments.anonymous().post(&address, &json!({})).await.expect(404);
        }
    })
    .await;
}

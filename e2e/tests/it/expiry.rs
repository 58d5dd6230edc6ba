//! Tokens that have run out.

use std::time::Duration;

use serde_json::json;
use test_kit::wait_until;

use crate::member::{join, sign_in, thing};
use crate::platform::{Platform, lendery};

/// The shortest life that the user service grants a token, and the leeway for clocks that differ.
const LIFE: Duration = Duration::from_secs(30 + 5);

#[tokio::test]
async fn an_expired_token_writes_nothing_and_a_refreshed_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = lendery(directory.path());
    command.env("LENDERY_USERS_ACCESS_TOKEN_SECONDS", "30");
    let platform = Platform::up_as(command, directory.path(), &["--demo"]).await;
    let member = join(&platform.web, "late@example.org").await;
    wait_until("the token to expire", LIFE * 2, async || member.client.get("/api/v1/users/me").await.status == 401)
        .await;
    member.client.post("/api/v1/items", &thing("Clock", "workshop")).await.expect(401);
    let own = sign_in(&platform.web, "late@example.org").await.client.get("/api/v1/users/me/items").await;
    assert_eq!(own.expect(200).json()["items"], json!([]));

    let refresh = json!({ "refresh_token": member.refresh_token });
    let pair = platform.web.post("/api/v1/auth/refresh", &refresh).await.expect(200).json();
    let fresh = platform.web.with_token(pair["access_token"].as_str().unwrap());
    fresh.post("/api/v1/items", &thing("Clock", "workshop")).await.expect(201);
}

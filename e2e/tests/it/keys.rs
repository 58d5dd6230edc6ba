//! The keys that sign access tokens, looked after by commands.

use serde_json::Value;
use test_kit::http::Client;

use crate::member::{join, sign_in};
use crate::platform::{Platform, command};
use crate::programs::text;

/// How many keys anybody can fetch to verify tokens with.
async fn published(web: &Client) -> usize {
    let set: Value = web.get("/.well-known/jwks.json").await.expect(200).json();
    set["keys"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_command_makes_a_new_key_beside_a_running_platform_and_nobody_is_signed_out() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up(directory.path()).await;
    let member = join(&platform.web, "ada@example.org").await;
    let listed = platform.command(&["keys", "list"]).await;
    assert_eq!(text(&listed.stdout).matches("active").count(), 1, "{}", text(&listed.stderr));

    let rotated = platform.command(&["keys", "rotate"]).await;
    assert!(rotated.status.success(), "{}", text(&rotated.stderr));
    let table = text(&rotated.stdout);
    assert!(table.contains("published") && table.contains("active"), "{table}");
    let again = platform.command(&["keys", "rotate"]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("lendery keys list"), "{}", text(&again.stderr));
    member.client.get("/api/v1/users/me").await.expect(200);
    sign_in(&platform.web, "ada@example.org").await.client.get("/api/v1/users/me").await.expect(200);
    assert!(platform.stop().await);

    let still = command(directory.path(), &["keys", "list"]).await;
    assert_eq!(text(&still.stdout), table, "and without one: {}", text(&still.stderr));
    let platform = Platform::up(directory.path()).await;
    platform.web.with_token(member.access_token).get("/api/v1/users/me").await.expect(200);
    assert_eq!(published(&platform.web).await, 2, "who verifies can know the new one before it signs");
}

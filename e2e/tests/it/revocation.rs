//! A token that was revoked, through the gateway: refused by the user service from the next call on, and by every other service
//! after the second for which it may remember a yes.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::member::{Member, join, sign_in};
use crate::platform::Platform;

/// How long services may go on believing what they were told.
const BELIEVED: Duration = Duration::from_secs(1);

/// One guarded address of each service that asks the user service.
const ASKING: [&str; 3] =
    ["/api/v1/users/me/items", "/api/v1/cart", "/api/v1/payments/01890a5d-ac96-774b-bcce-b302099a8057"];

#[tokio::test]
async fn a_revoked_token_is_refused_at_once_or_within_a_second() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up(directory.path()).await;
    join(&platform.web, "ada@example.org").await;
    for way in ["logout", "session", "password"] {
        let ada = sign_in(&platform.web, "ada@example.org").await;
        for path in ASKING {
            assert_ne!(ada.client.get(path).await.status, 401, "{path} remembers a yes");
        }
        revoke(&platform, &ada, way).await;
        let revoked = Instant::now();
        ada.client.get("/api/v1/users/me").await.expect(401);
        let mut accepted = None;
        // Each is asked before, while and after it may still believe what it was told.
        while revoked.elapsed() < BELIEVED * 2 {
            let asked = revoked.elapsed();
            for path in ASKING {
                if ada.client.get(path).await.status != 401 {
                    accepted = Some(asked);
                }
            }
        }
        assert!(accepted.is_none_or(|asked| asked < BELIEVED), "{way}: {accepted:?}");
    }
}

async fn revoke(platform: &Platform, ada: &Member, way: &str) {
    let other = sign_in(&platform.web, "ada@example.org").await;
    match way {
        "logout" => ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(204),
        "session" => {
            let listed = other.client.get("/api/v1/auth/sessions").await.expect(200).json();
            let rest = listed["items"].as_array().unwrap().iter().filter(|session| session["current"] == false);
            for session in rest {
                let path = format!("/api/v1/auth/sessions/{}", session["id"].as_str().unwrap());
                other.client.delete(&path, "*").await.expect(204);
            }
            other.client.get("/api/v1/users/me").await.expect(200)
        }
        _ => {
            let change = json!({ "current_password": crate::member::PASSWORD, "new_password": "eight sleepy badgers" });
            other.client.put("/api/v1/users/me/password", "*", &change).await.expect(200)
        }
    };
}

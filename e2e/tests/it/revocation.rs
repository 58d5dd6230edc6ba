//! A token that was revoked, through the gateway: where all services are one process each of them refuses it from the next call
//! on, though it has just taken it.

use serde_json::json;

use crate::member::{Member, join, sign_in};
use crate::platform::Platform;

/// One guarded address of each service that asks the user service.
const ASKING: [&str; 3] =
    ["/api/v1/users/me/items", "/api/v1/cart", "/api/v1/payments/01890a5d-ac96-774b-bcce-b302099a8057"];

#[tokio::test]
async fn a_revoked_token_is_refused_by_every_service_on_the_next_call() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up(directory.path()).await;
    join(&platform.web, "ada@example.org").await;
    for way in ["logout", "session", "password"] {
        let ada = sign_in(&platform.web, "ada@example.org").await;
        for path in ASKING {
            assert_ne!(ada.client.get(path).await.status, 401, "{way}: {path} takes it before");
        }
        revoke(&platform, &ada, way).await;
        for path in ASKING.into_iter().chain(["/api/v1/users/me"]) {
            ada.client.get(path).await.expect(401);
        }
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

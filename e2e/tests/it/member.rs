use serde_json::{Value, json};
use test_kit::http::Client;

pub(crate) const PASSWORD: &str = "seven sleepy badgers";

/// Somebody who is signed in.
pub(crate) struct Member {
    pub(crate) id: String,
    /// Sends the access token.
    pub(crate) client: Client,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// Registers and signs in.
pub(crate) async fn join(web: &Client, email: &str) -> Member {
    register(web, email).await;
    sign_in(web, email).await
}

pub(crate) async fn register(web: &Client, email: &str) {
    let account = json!({ "email": email, "password": PASSWORD, "display_name": "Somebody" });
    web.post("/api/v1/auth/register", &account).await.expect(201);
}

pub(crate) async fn sign_in(web: &Client, email: &str) -> Member {
    let login = json!({ "email": email, "password": PASSWORD });
    let tokens = web.post("/api/v1/auth/login", &login).await.expect(200).json();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Member {
        id: text("user_id"),
        client: web.with_token(text("access_token")),
        access_token: text("access_token"),
        refresh_token: text("refresh_token"),
    }
}

/// Puts a category into the inventory by importing one item of it, as the operator would.
pub(crate) fn thing(name: &str, category: &str) -> Value {
    json!({ "name": name, "category": category })
}

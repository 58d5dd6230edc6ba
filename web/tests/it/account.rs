use serde_json::{Value, json};

use crate::site::{Html, OWNER, Site, cookie, header, tokens, user};

#[tokio::test]
async fn joining_opens_an_account_and_signs_in() {
    let site = Site::start().await;
    site.users.answer("POST /api/v1/auth/register", 201, user(&["member"]));
    let fields = [("email", "ada@example.org"), ("password", "two words"), ("display_name", "Ada L.")];
    let answer = site.post("/en/register", &fields).await.expect(303);
    let page = site.get_with(header(&answer, "location"), "cookie", &cookie(&answer)).await.expect(200).html();
    assert!(page.contains("Welcome. You are signed in."), "{page}");
    site.users.refuse("POST /api/v1/auth/register", 409, "email_taken");
    let taken = site.post("/de/register", &fields).await.expect(409).html();
    assert!(taken.contains("Zu dieser E-Mail gibt es schon ein Konto"), "{taken}");
}

#[tokio::test]
async fn a_new_password_goes_on_with_new_tokens() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.users.answer("PUT /api/v1/users/me/password", 200, tokens("access-7", "refresh-7"));
    let fields = [("current_password", "two words"), ("new_password", "three other words")];
    let answer = browser.post("/en/account/password", &fields).await.expect(303);
    site.get_with("/en/mine", "cookie", &cookie(&answer)).await.expect(200);
    let asked = site.inventory.asked("GET /api/v1/users/me/items");
    assert_eq!(asked.last().unwrap().header("authorization"), "Bearer access-7");
}

#[tokio::test]
async fn a_new_name_is_for_the_version_that_was_shown() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let group = format!("\"user:{OWNER}\"");
    site.users.answer_with("PATCH /api/v1/users/me", 200, user(&["member"]), &[("cache-group-invalidation", &group)]);
    let fields = [("version", "3"), ("display_name", "Ada Lovelace")];
    let answer = browser.post("/en/account/name", &fields).await.expect(303);
    assert_eq!(header(&answer, "cache-group-invalidation"), group);
    assert_eq!(site.users.asked("PATCH /api/v1/users/me")[0].header("if-match"), "\"3\"");
    site.users.refuse("PATCH /api/v1/users/me", 412, "stale_version");
    let stale = browser.post("/en/account/name", &fields).await.expect(303);
    assert_eq!(header(&stale, "location"), "/en/account?stale=1");
}

#[tokio::test]
async fn another_device_can_be_signed_out() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let call = format!("DELETE /api/v1/auth/sessions/{OWNER}");
    site.users.answer(&call, 204, Value::Null);
    browser.post(&format!("/en/account/sessions/{OWNER}/end"), &[]).await.expect(303);
    assert_eq!(site.users.asked(&call).len(), 1);
}

#[tokio::test]
async fn only_administrators_are_shown_the_categories_forms() {
    let site = Site::start().await;
    site.sign_in().await.get("/en/categories").await.expect(403);
    site.users.answer("GET /api/v1/users/me", 200, user(&["member", "admin"]));
    let browser = site.sign_in().await;
    let page = browser.get("/en/categories").await.expect(200).html();
    assert!(page.contains("Power tools"), "{page}");
    site.inventory.answer("POST /api/v1/categories", 201, crate::site::category());
    site.inventory.answer("PUT /api/v1/categories/power-tools", 200, crate::site::category());
    site.inventory.refuse("DELETE /api/v1/categories/power-tools", 409, "conflict");
    browser.post("/en/categories", &[("name", "Power tools"), ("key", "k")]).await.expect(303);
    let path = "/en/categories/power-tools";
    browser.post(path, &[("name", "Tools"), ("version", "1"), ("act", "save")]).await.expect(303);
    let asked = &site.inventory.asked("PUT /api/v1/categories/power-tools")[0];
    assert_eq!((asked.header("if-match"), &asked.body), ("\"1\"", &json!({ "name": "Tools", "parent": null })));
    browser.post(path, &[("version", "1"), ("act", "delete")]).await.expect(409);
}

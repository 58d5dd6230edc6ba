use serde_json::{Value, json};

use crate::borrowing::order;
use crate::site::{Html, OTHER, OWNER, Site, header};

const ERASE: &str = "DELETE /api/v1/users/me";

#[tokio::test]
async fn a_member_takes_all_their_data_along() {
    let site = Site::start().await;
    site.users.answer("GET /api/v1/users/me/export", 200, json!({ "account": { "email": "ada@example.org" } }));
    let orders = json!({ "items": [order(OWNER, OTHER, "closed", "back")], "next": null });
    site.orders.answer("GET /api/v1/orders", 200, orders);
    let browser = site.sign_in().await;
    let file = browser.get("/en/account/export").await.expect(200);
    assert_eq!(header(&file, "content-disposition"), "attachment; filename=\"lendery-data.json\"");
    assert_eq!(header(&file, "cache-control"), "private, no-store");
    let data: Value = serde_json::from_slice(&file.body).unwrap();
    assert_eq!(data["account"]["account"]["email"], "ada@example.org");
    assert_eq!((&data["items"][0]["name"], &data["orders"][0]["number"]), (&json!("Cordless drill"), &json!(12)));
    site.orders.goes_down();
    browser.get("/en/account/export").await.expect(503);
    site.get("/en/account/export").await.expect(303);
}

#[tokio::test]
async fn an_account_is_deleted_only_by_somebody_who_means_it() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.users.answer_with(ERASE, 204, Value::Null, &[("cache-group-invalidation", "\"user:1\"")]);
    let page = browser.post("/en/account/erase", &[("confirm_email", "<me>")]).await.expect(422).html();
    assert!(page.contains("id=\"confirm_email-error\">That is not the e-mail"), "{page}");
    assert!(page.contains("value=\"&#60;me&#62;\"") && page.contains("<details open>"), "{page}");
    assert!(site.users.asked(ERASE).is_empty());

    let answer = browser.post("/en/account/erase", &[("confirm_email", "Ada@example.org")]).await.expect(303);
    assert_eq!(site.users.asked(ERASE)[0].header("if-match"), "\"3\"");
    assert!(header(&answer, "set-cookie").contains("Max-Age=0"), "{:?}", answer.headers);
    assert_eq!(header(&answer, "cache-group-invalidation"), "\"user:1\"");
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1);
    let page = site.get(header(&answer, "location")).await.expect(200).html();
    assert!(page.contains("The account is deleted."), "{page}");
}

#[tokio::test]
async fn an_account_that_cannot_be_deleted_says_why() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.users.refuse(ERASE, 409, "conflict");
    let page = browser.post("/de/account/erase", &[("confirm_email", "ada@example.org")]).await.expect(409).html();
    assert!(page.contains("So, wie es steht, geht das nicht"), "{page}");
}

use std::time::Duration;

use serde_json::json;

use crate::site::{Html, Site, cookie, header, tokens};

#[tokio::test]
async fn the_session_cookie_is_sealed_and_out_of_reach_of_scripts() {
    let site = Site::start().await;
    let answer =
        site.post("/en/sign-in", &[("email", "ada@example.org"), ("password", " two words ")]).await.expect(303);
    let set = header(&answer, "set-cookie");
    assert!(set.starts_with("session=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    assert!(!set.contains("access-1") && !set.contains("refresh-1"), "{set}");
    assert_eq!(header(&answer, "location"), "/en/mine");
    let login = &site.users.asked("POST /api/v1/auth/login")[0];
    assert_eq!(login.body["password"], " two words ", "a password is taken letter by letter");
    site.get_with("/en/mine", "cookie", &cookie(&answer)).await.expect(200);
    assert_eq!(site.inventory.asked("GET /api/v1/users/me/items")[0].header("authorization"), "Bearer access-1");
}

#[tokio::test]
async fn whoever_has_to_sign_in_first_is_sent_back_after() {
    let site = Site::start().await;
    let answer = site.get("/de/mine?x=1").await.expect(303);
    assert_eq!(header(&answer, "location"), "/de/sign-in?back=%2Fde%2Fmine%3Fx%3D1");
    let form = site.get(header(&answer, "location")).await.expect(200).html();
    assert!(form.contains("name=\"back\" value=\"/de/mine?x=1\""), "{form}");
    let fields = [("email", "a@b.c"), ("password", "x"), ("back", "/de/mine?x=1")];
    assert_eq!(header(&site.post("/de/sign-in", &fields).await, "location"), "/de/mine?x=1");
    let elsewhere = [("email", "a@b.c"), ("password", "x"), ("back", "//evil.example")];
    assert_eq!(header(&site.post("/de/sign-in", &elsewhere).await, "location"), "/de/mine");
}

#[tokio::test]
async fn a_wrong_password_keeps_the_email_and_never_the_password() {
    let site = Site::start().await;
    site.users.refuse("POST /api/v1/auth/login", 401, "wrong_credentials");
    let fields = [("email", "ada@example.org"), ("password", "hunter-22")];
    let page = site.post("/en/sign-in", &fields).await.expect(401);
    assert_eq!(header(&page, "set-cookie"), "");
    let text = page.html();
    assert!(
        text.contains("ada@example.org") && !text.contains("hunter-22") && text.contains("role=\"alert\""),
        "{text}"
    );
}

#[tokio::test]
async fn tokens_that_have_ended_are_renewed_once_and_kept() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.users.answer("POST /api/v1/auth/refresh", 200, tokens("access-2", "refresh-2"));
    site.hands.advance(Duration::from_secs(295));
    let page = browser.get("/en/mine").await.expect(200);
    let refresh = site.users.asked("POST /api/v1/auth/refresh");
    assert_eq!((refresh.len(), &refresh[0].body["refresh_token"]), (1, &json!("refresh-1")));
    let asked = site.inventory.asked("GET /api/v1/users/me/items");
    assert_eq!(asked.last().unwrap().header("authorization"), "Bearer access-2");
    let renewed = cookie(&page);
    assert_ne!(renewed, browser.cookie);
    site.get_with("/en/mine", "cookie", &renewed).await.expect(200);
    assert_eq!(site.users.asked("POST /api/v1/auth/refresh").len(), 1);
}

#[tokio::test]
async fn a_session_that_was_ended_leads_to_the_sign_in_page() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.refuse("GET /api/v1/users/me/items", 401, "invalid_token");
    let answer = browser.get("/en/mine").await.expect(303);
    assert!(header(&answer, "location").starts_with("/en/sign-in?back="));
    assert!(header(&answer, "set-cookie").contains("Max-Age=0"));
    site.users.refuse("POST /api/v1/auth/refresh", 401, "invalid_token");
    site.hands.advance(Duration::from_secs(300));
    let home = browser.get("/en").await.expect(200);
    assert!(header(&home, "set-cookie").contains("Max-Age=0") && home.html().contains("Sign in"));
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_there() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.users.answer("POST /api/v1/auth/logout", 204, json!(null));
    let answer = browser.post("/en/sign-out", &[]).await.expect(303);
    assert!(header(&answer, "set-cookie").contains("Max-Age=0"));
    assert_eq!(site.users.asked("POST /api/v1/auth/logout")[0].header("authorization"), "Bearer access-1");
}

#[tokio::test]
async fn a_form_from_another_site_or_without_its_token_does_nothing() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let cookie = ("cookie", browser.cookie.as_str());
    let fields = [("form_token", browser.token.as_str()), ("name", "x")];
    for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        site.post_with("/en/offer", &fields, &[cookie, foreign]).await.expect(403);
    }
    for token in ["", "guessed"] {
        let fields = [("form_token", token), ("name", "x")];
        site.post_with("/en/offer", &fields, &[cookie, ("sec-fetch-site", "same-origin")]).await.expect(403);
    }
    assert!(site.inventory.asked("POST /api/v1/items").is_empty());
    site.post_with("/en/sign-in", &[("email", "x")], &[("sec-fetch-site", "cross-site")]).await.expect(403);
}

#[tokio::test]
async fn a_cookie_that_was_not_made_here_is_nobody() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    for value in ["session=x", "session=", &format!("{}x", browser.cookie), &browser.cookie[..40]] {
        let answer = site.get_with("/en/mine", "cookie", value).await.expect(303);
        assert!(header(&answer, "location").starts_with("/en/sign-in"), "{value}");
    }
}

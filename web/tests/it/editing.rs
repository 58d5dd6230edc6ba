use serde_json::json;

use crate::site::{Html, ITEM, Site, cookie, header, item};

fn change() -> String {
    format!("PATCH /api/v1/items/{ITEM}")
}

fn page() -> String {
    format!("/en/mine/{ITEM}")
}

/// What the form of the item holds, with another description.
fn fields(description: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("version", "4"),
        ("offer", "lend"),
        ("name", "Cordless drill"),
        ("category", "power-tools"),
        ("description", description),
        ("tags", "wood"),
        ("condition", "good"),
        ("units", "2"),
        ("daily_price", "4.50"),
        ("currency", "EUR"),
        ("max_loan_days", "7"),
        ("buffer_hours", "0"),
        ("approval", "auto"),
    ]
}

#[tokio::test]
async fn an_edit_names_its_version_and_takes_away_what_was_emptied() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.answer_with(&change(), 200, item(), &[("cache-group-invalidation", "\"item:1\"")]);
    let answer = browser.post(&page(), &fields("")).await.expect(303);
    assert_eq!(header(&answer, "cache-group-invalidation"), "\"item:1\"");
    let asked = &site.inventory.asked(&change())[0];
    assert_eq!(asked.header("if-match"), "\"4\"");
    assert_eq!(asked.header("content-type"), "application/merge-patch+json");
    assert_eq!(asked.body["description"], json!(null));
    assert_eq!(asked.body["deposit"], json!(null));
    assert_eq!((asked.body.get("status"), asked.body.get("offer")), (None, None));
}

#[tokio::test]
async fn a_lost_update_shows_both_versions_instead_of_overwriting() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.refuse(&change(), 412, "stale_version");
    let page = browser.post(&page(), &fields("Mine is longer.")).await.expect(409).html();
    assert!(page.contains(">Mine is longer.</textarea>") && page.contains("<q>Strong.</q>"), "{page}");
    assert!(page.contains("name=\"version\" value=\"5\""), "saving again is for the version that was shown: {page}");
    assert_eq!(page.matches("class=\"theirs\"").count(), 1, "only what differs is marked: {page}");
}

#[tokio::test]
async fn the_same_edit_sent_twice_is_no_lost_update() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.refuse(&change(), 412, "stale_version");
    let answer = browser.post(&page(), &fields("Strong.")).await.expect(303);
    assert_eq!(header(&answer, "location"), format!("/en/mine/{ITEM}?saved=1"));
}

#[tokio::test]
async fn a_sign_in_that_ended_while_somebody_wrote_keeps_the_text() {
    let site = Site::start().await;
    let kept = site.post(&page(), &fields("An hour of writing.")).await.expect(401).html();
    assert!(kept.contains(">An hour of writing.</textarea>") && kept.contains("name=\"password\""), "{kept}");
    assert!(site.inventory.asked(&change()).is_empty());

    site.users.refuse("POST /api/v1/auth/login", 401, "wrong_credentials");
    let again =
        [fields("An hour of writing."), vec![("email", "ada@example.org"), ("password", "secret words")]].concat();
    let wrong = site.post(&page(), &again).await.expect(401).html();
    assert!(wrong.contains(">An hour of writing.</textarea>") && !wrong.contains("secret words"), "{wrong}");

    site.users.answer("POST /api/v1/auth/login", 200, crate::site::tokens("access-9", "refresh-9"));
    site.inventory.answer(&change(), 200, item());
    let saved = site.post(&page(), &again).await.expect(303);
    let asked = &site.inventory.asked(&change())[0];
    assert_eq!(asked.header("authorization"), "Bearer access-9");
    assert_eq!(asked.body["description"], "An hour of writing.");
    site.get_with("/en/mine", "cookie", &cookie(&saved)).await.expect(200);
}

#[tokio::test]
async fn a_session_revoked_elsewhere_keeps_the_text_too() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.refuse(&change(), 401, "invalid_token");
    let kept = browser.post(&page(), &fields("Kept.")).await.expect(401).html();
    assert!(kept.contains(">Kept.</textarea>") && kept.contains("name=\"password\""), "{kept}");
}

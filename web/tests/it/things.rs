use serde_json::{Value, json};

use crate::site::{Html, ITEM, OTHER, Site, header, item};

const DRILL: [(&str, &str); 7] = [
    ("name", "Drill"),
    ("category", "power-tools"),
    ("offer", "lend"),
    ("units", "2"),
    ("daily_price", "4,50"),
    ("currency", "EUR"),
    ("key", "form-1"),
];

#[tokio::test]
async fn a_form_posted_twice_offers_one_thing() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.answer_with("POST /api/v1/items", 201, item(), &[("cache-group-invalidation", "\"items\"")]);
    for _ in 0..2 {
        let answer = browser.post("/en/offer", &DRILL).await.expect(303);
        assert_eq!(header(&answer, "location"), format!("/en/mine/{ITEM}?saved=1"));
        assert_eq!(header(&answer, "cache-group-invalidation"), "\"items\"", "the gateway has to hear of it");
    }
    let asked = site.inventory.asked("POST /api/v1/items");
    assert_eq!([asked[0].header("idempotency-key"), asked[1].header("idempotency-key")], ["form-1", "form-1"]);
    assert_eq!(asked[0].body, asked[1].body);
    assert_eq!(asked[0].body["daily_price"], json!({ "amount_minor": 450, "currency": "EUR" }));
    assert_eq!(asked[0].body.get("price"), None, "what belongs to another kind of offer stays out");
}

#[tokio::test]
async fn every_bad_field_is_tied_to_its_words() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let mut problem = crate::fake::problem(422, "invalid_fields");
    problem["errors"] = json!([
        { "pointer": "/name", "code": "too_long", "detail": "At most 120 characters." },
        { "pointer": "/pickup/time_zone", "code": "unknown_time_zone", "detail": "No such zone." },
        { "pointer": "/daily_price/amount_minor", "code": "out_of_range", "detail": "Too much." },
    ]);
    site.inventory.answer("POST /api/v1/items", 422, problem);
    let page = browser.post("/en/offer", &DRILL).await.expect(422).html();
    for (field, words) in [("name", "At most 120"), ("pickup_time_zone", "No such zone"), ("daily_price", "Too much")] {
        assert!(page.contains(&format!("id=\"{field}-error\">{words}")), "{field}: {page}");
    }
    assert!(page.contains("value=\"Drill\"") && page.contains("aria-invalid=\"true\""), "{page}");
    assert!(!page.contains("value=\"form-1\""), "a key stands for one text");
    let german = browser.post("/de/offer", &[("daily_price", "viel"), ("units", "zwei")]).await.expect(422).html();
    assert!(german.contains("Ein Betrag sieht aus wie 4,50.") && german.contains("Das muss eine Zahl sein."));
}

#[tokio::test]
async fn a_thing_is_paused_and_retired_by_buttons() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let (change, retire) = (format!("PATCH /api/v1/items/{ITEM}"), format!("DELETE /api/v1/items/{ITEM}"));
    site.inventory.answer(&change, 200, item());
    site.inventory.answer(&retire, 204, Value::Null);
    let paused = [("version", "5"), ("status", "paused")];
    browser.post(&format!("/en/mine/{ITEM}/status"), &paused).await.expect(303);
    let asked = &site.inventory.asked(&change)[0];
    assert_eq!((asked.header("if-match"), &asked.body), ("\"5\"", &json!({ "status": "paused" })));
    browser.post(&format!("/en/mine/{ITEM}/retire"), &[("version", "5")]).await.expect(303);
    site.inventory.refuse(&retire, 412, "stale_version");
    let stale = browser.post(&format!("/en/mine/{ITEM}/retire"), &[("version", "4")]).await.expect(303);
    assert_eq!(header(&stale, "location"), format!("/en/mine/{ITEM}?stale=1"));
    site.inventory.refuse(&retire, 409, "conflict");
    browser.post(&format!("/en/mine/{ITEM}/retire"), &[("version", "5")]).await.expect(409);
}

#[tokio::test]
async fn only_its_owner_is_shown_the_way_to_edit_a_thing() {
    let site = Site::start().await;
    let edit = format!("/en/mine/{ITEM}");
    let path = format!("/en/items/{ITEM}");
    assert!(!site.get(&path).await.html().contains(&edit));
    let browser = site.sign_in().await;
    assert!(browser.get(&path).await.html().contains(&edit));
    let mut foreign = item();
    foreign["owner_id"] = json!(OTHER);
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, foreign);
    assert!(!browser.get(&path).await.html().contains(&edit));
}

use serde_json::{Value, json};

use crate::site::{Html, ITEM, OTHER, Site, header, item};

fn units() -> String {
    format!("/api/v1/items/{ITEM}/units")
}

fn unit(label: &str) -> Value {
    json!({
        "id": OTHER, "label": label, "condition": "good", "out_of_service": false, "version": 2,
        "created_at": "2026-11-02T03:04:05Z", "updated_at": "2026-11-02T03:04:05Z",
    })
}

async fn site() -> Site {
    let site = Site::start().await;
    site.inventory.answer(&format!("GET {}", units()), 200, json!({ "items": [unit("Drill 3")], "next": null }));
    site
}

#[tokio::test]
async fn each_unit_has_a_form_and_there_may_be_more() {
    let site = site().await;
    let browser = site.sign_in().await;
    let here = format!("/en/mine/{ITEM}/units");
    let page = browser.get(&here).await.expect(200).html();
    assert!(page.contains("value=\"Drill 3\"") && page.contains("<option value=\"good\" selected>"), "{page}");
    site.inventory.answer_with(
        &format!("POST {}", units()),
        201,
        unit("Drill 4"),
        &[("cache-group-invalidation", "\"items\"")],
    );
    let fields = [("label", "Drill 4"), ("condition", "new"), ("key", "form-1")];
    let answer = browser.post(&here, &fields).await.expect(303);
    assert_eq!(header(&answer, "cache-group-invalidation"), "\"items\"");
    let asked = &site.inventory.asked(&format!("POST {}", units()))[0];
    assert_eq!(asked.header("idempotency-key"), "form-1");
    assert_eq!(asked.body, json!({ "label": "Drill 4", "condition": "new", "out_of_service": false }));
}

#[tokio::test]
async fn a_unit_is_relabelled_taken_out_of_service_and_taken_away() {
    let site = site().await;
    let browser = site.sign_in().await;
    let (here, call) = (format!("/en/mine/{ITEM}/units/{OTHER}"), format!("{}/{OTHER}", units()));
    site.inventory.answer(&format!("PATCH {call}"), 200, unit("Drill 9"));
    let fields = [("version", "2"), ("label", "Drill 9"), ("condition", "fair"), ("out_of_service", "1")];
    browser.post(&here, &fields).await.expect(303);
    let asked = &site.inventory.asked(&format!("PATCH {call}"))[0];
    assert_eq!(asked.header("if-match"), "\"2\"");
    assert_eq!(asked.body, json!({ "label": "Drill 9", "condition": "fair", "out_of_service": true }));

    site.inventory.refuse(&format!("PATCH {call}"), 412, "stale_version");
    let stale = browser.post(&here, &fields).await.expect(303);
    assert_eq!(header(&stale, "location"), format!("/en/mine/{ITEM}/units?stale=1"));

    let mut long = crate::fake::problem(422, "invalid_fields");
    long["errors"] = json!([{ "pointer": "/label", "code": "too_long", "detail": "At most 60 characters." }]);
    site.inventory.answer(&format!("PATCH {call}"), 422, long);
    let page = browser.post(&here, &fields).await.expect(422).html();
    assert!(page.contains(&format!("id=\"error-{OTHER}\">At most 60 characters.")), "{page}");
    assert!(page.contains("value=\"Drill 9\"") && page.contains("value=\"1\" checked"), "{page}");

    site.inventory.refuse(&format!("DELETE {call}"), 409, "conflict");
    browser.post(&here, &[("version", "2"), ("act", "remove")]).await.expect(409);
    site.inventory.answer(&format!("DELETE {call}"), 204, Value::Null);
    browser.post(&here, &[("version", "2"), ("act", "remove")]).await.expect(303);
}

#[tokio::test]
async fn a_label_carries_the_address_of_the_thing_as_its_reader_reached_it() {
    let site = site().await;
    let mut at_place = item();
    at_place["pickup"] = json!({ "label": "Library", "lat": 48.2, "lon": 16.4, "time_zone": "Europe/Vienna" });
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, at_place);
    let browser = site.sign_in().await;
    let path = format!("/en/mine/{ITEM}/labels");
    let page = browser.get(&path).await.expect(200).html();
    let address = format!("Code that leads to {}/items/{ITEM}", site.base());
    for shown in [address.as_str(), "<strong>Drill 3</strong>", "Library", "<path id=\"code\" d=\"M"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let mut sold = item();
    sold["offer"] = json!("sell");
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, sold);
    let page = browser.get(&path).await.expect(200).html();
    assert_eq!(page.matches("<svg viewBox").count(), 1, "what is sold has one label: {page}");
    site.get(&path).await.expect(303);
}

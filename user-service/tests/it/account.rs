use reqwest::Method;
use serde_json::json;
use test_kit::http::send;
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp, at_once};

const ME: &str = "/api/v1/users/me";

#[tokio::test]
async fn a_new_name_shows_at_once_and_names_what_it_made_stale() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let profile = format!("/api/v1/users/{}/profile", ada.id);
        let before = app.web.get(&profile).await.expect(200);
        let renamed = ada.client.patch(ME, "\"1\"", &json!({ "display_name": " Ada L. " })).await.expect(200);
        assert_eq!(renamed.header("cache-group-invalidation"), Some(&*format!("\"user:{}\"", ada.id)));
        assert_eq!((renamed.etag().as_str(), &renamed.json()["version"]), ("\"2\"", &json!(2)));
        let after = app.web.get(&profile).await.expect(200);
        assert_eq!(
            after.json(),
            json!({ "id": ada.id, "display_name": "Ada L.", "member_since": before.json()["member_since"] })
        );
        assert_eq!(after.header("cache-groups"), Some(&*format!("\"user:{}\"", ada.id)));
        assert_ne!(after.etag(), before.etag());
        let known = app.web.request(Method::GET, &profile).header("if-none-match", after.etag());
        assert!(send(known).await.expect(304).body.is_empty());
        assert_eq!(ada.client.get(ME).await.json(), renamed.json());
    })
    .await;
}

#[tokio::test]
async fn a_change_is_refused_unless_it_is_for_the_current_version() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let change = json!({ "display_name": "Eve" });
        let bare = ada.client.request(Method::PATCH, ME).header("content-type", "application/merge-patch+json");
        assert_eq!(send(bare.body(change.to_string())).await.expect(428).problem(), "missing_precondition");
        for stale in ["\"2\"", "W/\"1\"", "1"] {
            assert_eq!(ada.client.patch(ME, stale, &change).await.expect(412).problem(), "stale_version", "{stale}");
            assert_eq!(ada.client.delete(ME, stale).await.expect(412).problem(), "stale_version", "{stale}");
        }
        send(ada.client.request(Method::DELETE, ME)).await.expect(428);
        assert_eq!(ada.client.get(ME).await.expect(200).json()["display_name"], "Ada");
    })
    .await;
}

#[tokio::test]
async fn of_changes_for_the_same_version_one_wins() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let answers = at_once(8, |number| {
            let client = ada.client.clone();
            async move { client.patch(ME, "\"1\"", &json!({ "display_name": format!("Ada {number}") })).await.status }
        })
        .await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 412).count(), 7, "{answers:?}");
        assert_eq!(ada.client.get(ME).await.json()["version"], 2);
    })
    .await;
}

#[tokio::test]
async fn a_patch_changes_only_what_may_be_changed() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        for (patch, status, code) in [
            (json!({ "role": "admin" }), 400, "unknown_field"),
            (json!({ "email": "eve@example.org" }), 400, "unknown_field"),
            (json!({ "version": 7 }), 400, "unknown_field"),
            (json!(["display_name"]), 400, "malformed_json"),
            (json!({ "display_name": 7 }), 422, "invalid_fields"),
            (json!({ "display_name": null }), 422, "invalid_fields"),
            (json!({ "display_name": "a\u{0}b" }), 422, "invalid_fields"),
        ] {
            let refused = ada.client.patch(ME, "*", &patch).await.expect(status);
            assert_eq!(refused.problem(), code, "{patch}");
        }
        ada.client.patch(ME, "*", &json!({})).await.expect(200);
        let json = ada.client.request(Method::PATCH, ME).header("if-match", "*").json(&json!({}));
        assert_eq!(send(json).await.expect(415).problem(), "unsupported_media_type");
        assert_eq!(ada.client.get(ME).await.json()["roles"], json!(["member"]));
    })
    .await;
}

#[tokio::test]
async fn an_erased_account_is_gone_and_its_id_stays() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let phone = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        let erased = ada.client.delete(ME, "\"1\"").await.expect(204);
        assert_eq!(erased.header("cache-group-invalidation"), Some(&*format!("\"user:{}\"", ada.id)));
        for token in [&ada.access_token, &phone.access_token] {
            assert!(!app.is_active(token).await);
        }
        app.refresh(&phone.refresh_token).await.expect(401);
        app.login("ada@example.org", PASSWORD).await.expect(401);
        app.web.get(&format!("/api/v1/users/{}/profile", ada.id)).await.expect(404);
        app.service.get("/internal/v1/users?email=ada@example.org").await.expect(404);
        let left = "SELECT count(*) FROM users WHERE status = 'erased' AND email IS NULL AND password_hash IS NULL \
                    AND display_name = ''";
        assert_eq!(app.count(left).await, 1);
        assert_eq!(app.count("SELECT count(*) FROM sessions WHERE device IS NOT NULL").await, 0);
        let anew = app.member("ada@example.org").await;
        assert_ne!(anew.id, ada.id, "the e-mail is free again");
    })
    .await;
}

#[tokio::test]
async fn nobody_and_what_is_no_id_have_no_profile() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        for id in ["01890a5d-ac96-774b-bcce-b302099a8057", "7", "me", "..", "%00", "' OR 1=1 --"] {
            let path = format!("/api/v1/users/{}/profile", id.replace(' ', "%20"));
            assert_eq!(app.web.get(&path).await.expect(404).problem(), "not_found", "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_change_of_an_account_is_recorded_for_the_warehouse_without_saying_who_it_is() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        ada.client.patch(ME, "*", &json!({ "display_name": "Ada L." })).await.expect(200);
        ada.client.delete(ME, "*").await.expect(204);
        let rows =
            app.rows("SELECT pk, op, CAST(image AS text) FROM etl_change WHERE tbl = 'users' ORDER BY seq").await;
        let texts: Vec<Vec<String>> =
            rows.iter().map(|row| (0..3).map(|column| row.try_get_by_index(column).unwrap()).collect()).collect();
        assert_eq!(texts.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["I", "U", "U"]);
        for row in &texts {
            assert_eq!(row[0], ada.id);
            assert!(!row[2].to_lowercase().contains("ada"), "{row:?}");
        }
        assert!(texts[2][2].contains("erased"), "{texts:?}");
    })
    .await;
}

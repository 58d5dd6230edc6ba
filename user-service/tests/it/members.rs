//! What administrators do with accounts.

use serde_json::{Value, json};
use test_kit::http::Client;
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp, at_once};

async fn found(admin: &Client, query: &str) -> Vec<String> {
    let page = admin.get(&format!("/api/v1/users?{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn accounts_are_found_by_parts_of_their_email_or_name_in_any_letters() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await.client;
        for (email, name) in [("ada@example.org", "Ada Öst"), ("bela_x@example.org", "100 % Béla"), ("c@x.org", "Ĉ")]
        {
            let account = json!({ "email": email, "password": PASSWORD, "display_name": name });
            app.web.post("/api/v1/auth/register", &account).await.expect(201);
        }
        assert_eq!(found(&admin, "").await, ["c@x.org", "bela_x@example.org", "ada@example.org", "admin@example.org"]);
        for (query, emails) in [
            ("q=ADA", vec!["ada@example.org"]),
            ("q=%C3%96ST", vec!["ada@example.org"]),
            ("q=b%C3%89la", vec!["bela_x@example.org"]),
            ("q=%25", vec!["bela_x@example.org"]),
            ("q=_", vec!["bela_x@example.org"]),
            ("q=%5C", vec![]),
            ("q=example.org&role=member", vec!["bela_x@example.org", "ada@example.org"]),
            ("role=admin", vec!["admin@example.org"]),
            ("status=disabled", vec![]),
            ("q=%27%20OR%201=1--", vec![]),
        ] {
            assert_eq!(found(&admin, query).await, emails, "{query}");
        }
        for (query, pointers) in [
            ("q=&role=king&status=asleep&limit=0", vec!["limit", "q", "role", "status"]),
            ("q=a%00b", vec!["q"]),
            (&format!("q={}", "a".repeat(255)), vec!["q"]),
        ] {
            let refused = admin.get(&format!("/api/v1/users?{query}")).await.expect(422).json();
            let named: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
            assert_eq!(named, pointers, "{query}");
        }
        let first = admin.get("/api/v1/users?limit=3").await.json();
        let rest = found(&admin, &format!("limit=3&cursor={}", first["next"].as_str().unwrap())).await;
        assert_eq!(rest, ["admin@example.org"]);
    })
    .await;
}

#[tokio::test]
async fn a_role_given_or_taken_counts_from_the_next_call_on() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await.client;
        let ada = app.member("ada@example.org").await;
        let path = format!("/api/v1/users/{}", ada.id);
        ada.client.get("/api/v1/users").await.expect(403);
        let read = admin.get(&path).await.expect(200);
        let changed = admin.patch(&path, &read.etag(), &json!({ "roles": ["admin", "member"] })).await.expect(200);
        assert_eq!(changed.json()["roles"], json!(["member", "admin"]));
        ada.client.get("/api/v1/users").await.expect(200);
        admin.patch(&path, &read.etag(), &json!({ "roles": ["member"] })).await.expect(412);
        assert_eq!(admin.patch(&path, "", &json!({})).await.expect(428).problem(), "missing_precondition");
        admin.patch(&path, &changed.etag(), &json!({ "roles": ["member"] })).await.expect(200);
        assert_eq!(ada.client.get("/api/v1/users").await.expect(403).problem(), "forbidden");
        assert_eq!(app.validate(&ada.access_token).await["roles"], json!(["member"]));
    })
    .await;
}

#[tokio::test]
async fn a_disabled_member_is_out_at_once_and_begins_anew_when_enabled() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await.client;
        let ada = app.member("ada@example.org").await;
        let path = format!("/api/v1/users/{}", ada.id);
        admin.patch(&path, "*", &json!({ "status": "disabled" })).await.expect(200);
        assert_eq!(app.validate(&ada.access_token).await, json!({ "active": false }));
        app.refresh(&ada.refresh_token).await.expect(401);
        app.login("ada@example.org", PASSWORD).await.expect(403);
        admin.patch(&path, "*", &json!({ "status": "active" })).await.expect(200);
        assert!(!app.is_active(&ada.access_token).await, "what ended stays ended");
        app.signed_in(&app.login("ada@example.org", PASSWORD).await);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_makes_no_sense_is_refused_by_its_field() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await.client;
        let path = format!("/api/v1/users/{}", app.member("ada@example.org").await.id);
        for (change, status, pointer) in [
            (json!({ "roles": [] }), 422, "/roles"),
            (json!({ "roles": ["admin"] }), 422, "/roles"),
            (json!({ "roles": ["member", "member"] }), 422, "/roles"),
            (json!({ "roles": ["root"] }), 422, "/roles/0"),
            (json!({ "roles": "admin" }), 422, "/roles"),
            (json!({ "roles": null }), 422, "/roles"),
            (json!({ "status": "erased" }), 422, "/status"),
            (json!({ "email": "eve@example.org" }), 400, ""),
            (json!({ "version": 7 }), 400, ""),
            (json!({ "password_hash": null }), 400, ""),
        ] {
            let refused = admin.patch(&path, "*", &change).await.expect(status).json();
            assert_eq!(refused["errors"][0]["pointer"].as_str().unwrap_or_default(), pointer, "{change}");
        }
        let both = admin.patch(&path, "*", &json!({ "roles": null, "status": null })).await.expect(422).json();
        assert_eq!(both["errors"].as_array().unwrap().len(), 2);
        let same = admin.patch(&path, "*", &json!({ "status": "active" })).await.expect(200);
        assert_eq!(same.json()["version"], 1, "nothing changed");
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_stays() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let path = format!("/api/v1/users/{}", admin.id);
        for change in [json!({ "roles": ["member"] }), json!({ "status": "disabled" })] {
            assert_eq!(admin.client.patch(&path, "*", &change).await.expect(409).problem(), "conflict");
        }
        admin.client.delete(&path, "*").await.expect(409);
        admin.client.delete("/api/v1/users/me", "*").await.expect(409);
        app.administrator("other@example.org").await;
        admin.client.delete(&path, "*").await.expect(204);
        assert!(!app.is_active(&admin.access_token).await);
    })
    .await;
}

#[tokio::test]
async fn of_administrators_who_depose_each_other_at_once_one_is_left() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let mut admins = Vec::new();
        for number in 0..4 {
            admins.push(app.administrator(&format!("admin{number}@example.org")).await);
        }
        let changes: Vec<_> = (0..admins.len())
            .map(|n| (admins[n].client.clone(), format!("/api/v1/users/{}", admins[(n + 1) % admins.len()].id)))
            .collect();
        let statuses = at_once(changes.len(), |number| {
            let (client, path) = changes[number].clone();
            async move { client.patch(&path, "*", &json!({ "roles": ["member"] })).await.status }
        })
        .await;
        assert!(statuses.iter().all(|status| matches!(status, 200 | 403 | 409)), "{statuses:?}");
        assert!(app.count("SELECT count(*) FROM users WHERE role = 'admin'").await >= 1);
    })
    .await;
}

#[tokio::test]
async fn an_erased_account_leaves_a_pseudonym_and_nothing_that_says_who_it_was() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await.client;
        let ada = app.member("ada@example.org").await;
        let path = format!("/api/v1/users/{}", ada.id);
        admin.post(&format!("{path}/password-reset"), &json!({})).await.expect(200);
        let erased = admin.delete(&path, &admin.get(&path).await.etag()).await.expect(204);
        assert_eq!(erased.header("cache-group-invalidation"), Some(&*format!("\"user:{}\"", ada.id)));
        assert!(!app.is_active(&ada.access_token).await);
        admin.get(&path).await.expect(404);
        admin.delete(&path, "*").await.expect(404);
        assert_eq!(found(&admin, "q=ada").await, Vec::<String>::new());
        app.login("ada@example.org", PASSWORD).await.expect(401);
        let events = admin.get(&format!("/api/v1/auth/events?user_id={}", ada.id)).await.json();
        let events = events["items"].as_array().unwrap();
        assert_eq!(events[0]["kind"], "account_erased");
        assert!(events.iter().all(|event| event["address"].is_null()), "{events:?}");
        for (table, columns) in
            [("users", "email, password_hash, search_text, display_name"), ("sessions", "device, end_reason")]
        {
            for row in app.rows(&format!("SELECT {columns} FROM {table}")).await {
                let text: Vec<_> = columns.split(", ").map(|c| row.try_get::<Option<String>>("", c).unwrap()).collect();
                assert!(!format!("{text:?}").to_lowercase().contains("ada"), "{text:?}");
            }
        }
        assert_eq!(app.count("SELECT count(*) FROM users").await, 2, "the id stays");
        assert_eq!(app.count("SELECT count(*) FROM password_resets").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_export_holds_all_that_is_kept_and_nothing_of_others() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let bela = app.member("bela@example.org").await;
        let ada = app.member("ada@example.org").await;
        app.login("ada@example.org", "wrong wrong").await.expect(401);
        let admin = app.administrator("admin@example.org").await.client;
        admin.post(&format!("/api/v1/users/{}/password-reset", ada.id), &json!({})).await.expect(200);
        let answer = ada.client.get("/api/v1/users/me/export").await.expect(200);
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        let export = answer.json();
        assert_eq!(export["account"], ada.client.get("/api/v1/users/me").await.json());
        assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
        let kinds: Vec<&Value> =
            export["security_events"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
        assert_eq!(kinds, ["reset_offered", "login_failed", "logged_in", "account_opened"]);
        let addresses: Vec<&Value> =
            export["security_events"].as_array().unwrap().iter().map(|event| &event["address"]).collect();
        assert_eq!(addresses, [&Value::Null, &json!("127.0.0.1"), &json!("127.0.0.1"), &json!("127.0.0.1")]);
        let text = export.to_string();
        for foreign in [&bela.id, "bela", "argon2", &ada.refresh_token] {
            assert!(!text.contains(foreign), "{foreign}");
        }
    })
    .await;
}

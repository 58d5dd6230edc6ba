use serde_json::{Value, json};

use crate::borrowing::{ORDER, order, steps};
use crate::site::{Browser, Html, OTHER, OWNER, Site, header, user};

const PAYMENT: &str = "01890a5d-ac96-774b-bcce-b302099a8061";

async fn operator(site: &Site) -> Browser<'_> {
    site.promote();
    site.sign_in().await
}

pub(crate) fn events(note: &str) -> Value {
    let event = json!({
        "id": OTHER, "at": "2026-11-19T08:00:00Z", "kind": "login_failed", "user_id": OWNER, "actor_id": null,
        "session_id": null, "address": "203.0.113.7", "note": note,
    });
    json!({ "items": [event], "next": null })
}

pub(crate) fn runs(site: &Site) {
    site.operations.answer(
        "GET /ops/breakers",
        200,
        json!([{ "name": "users", "state": "open", "window": { "calls": 9, "failures": 7, "slow": 0 }, "refused_total": 4 }]),
    );
    let instance =
        json!({ "address": "http://127.0.0.1:8091", "state": "ejected", "in_flight": 0, "latency_ms": 1.25 });
    site.operations.answer("GET /ops/upstreams", 200, json!([{ "name": "users", "instances": [instance] }]));
    let fill = json!({ "addresses": 12, "bytes": 5_242_880, "capacity_bytes": 134_217_728 });
    site.operations.answer("GET /ops/cache", 200, fill);
    let counts = [("miss", 25), ("hit", 75), ("bypass", 50), ("failed", 0)];
    let metrics = counts.map(|(name, count)| format!("lendery_gateway_cache_total{{outcome=\"{name}\"}} {count}\n"));
    let metrics = format!("# TYPE lendery_gateway_cache counter\n{}", metrics.concat());
    site.operations.answer("GET /metrics", 200, json!(metrics));
    let run = json!({
        "started_at": "2026-11-19T08:00:00Z", "finished_at": "2026-11-19T08:00:01.5Z", "outcome": "succeeded", "error": null,
        "report": null,
    });
    site.warehouse.answer("GET /api/v1/warehouse/runs", 200, json!({ "runs": [run], "tables": [], "batch": 7 }));
    let reports = json!({ "items": [{ "name": "revenue", "about": "What was earned." }] });
    site.warehouse.answer("GET /api/v1/warehouse/reports", 200, reports);
    let report = json!({
        "name": "revenue", "about": "What was earned.", "columns": ["currency", "month", "payments", "revenue_minor"],
        "rows": [["EUR", "2026-10-01", 3, 450], ["EUR", "2026-11-01", 6, 900]], "truncated": false,
    });
    site.warehouse.answer("GET /api/v1/warehouse/reports/revenue", 200, report);
}

#[tokio::test]
async fn people_are_searched_and_shown_with_what_happened_to_them() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    site.users.answer("GET /api/v1/users", 200, json!({ "items": [user(&["member"])], "next": "c 2" }));
    let page = browser.get("/en/people?q=+ada+&role=member&status=").await.expect(200).html();
    assert_eq!(site.users.asked("GET /api/v1/users")[0].query, "q=ada&role=member");
    assert!(
        page.contains("ada@example.org") && page.contains("people?q=ada&#38;role=member&#38;status=&#38;cursor=c+2")
    );
    site.users.answer(&format!("GET /api/v1/users/{OWNER}"), 200, user(&["member"]));
    site.users.answer("GET /api/v1/auth/events", 200, events("wrong_password"));
    let page = browser.get(&format!("/en/people/{OWNER}")).await.expect(200).html();
    assert!(page.contains("value=\"member\" checked") && page.contains("Sign-in failed"), "{page}");
    site.users.refuse("GET /api/v1/auth/events", 500, "internal");
    let page = browser.get(&format!("/en/people/{OWNER}")).await.expect(200).html();
    assert!(page.contains("This part cannot be shown"), "{page}");
}

#[tokio::test]
async fn somebodys_role_and_status_change_for_the_version_that_was_shown() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    let (path, call) = (format!("/en/people/{OTHER}"), format!("PATCH /api/v1/users/{OTHER}"));
    site.users.answer(&call, 200, user(&["member", "admin"]));
    let fields = [("version", "3"), ("role", "admin"), ("status", "disabled")];
    browser.post(&path, &fields).await.expect(303);
    let asked = &site.users.asked(&call)[0];
    assert_eq!(asked.header("if-match"), "\"3\"");
    assert_eq!(asked.body, json!({ "roles": ["member", "admin"], "status": "disabled" }));
    site.users.refuse(&call, 412, "stale_version");
    assert_eq!(header(&browser.post(&path, &fields).await.expect(303), "location"), format!("{path}?stale=1"));
    site.users.refuse(&call, 409, "conflict");
    site.users.answer(&format!("GET /api/v1/users/{OTHER}"), 200, user(&["member"]));
    site.users.answer("GET /api/v1/auth/events", 200, events(""));
    assert!(browser.post(&path, &fields).await.expect(409).html().contains("role=\"alert\""));
}

#[tokio::test]
async fn a_link_for_a_new_password_is_shown_once_and_kept_by_nobody() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    site.users.answer(&format!("GET /api/v1/users/{OTHER}"), 200, user(&["member"]));
    site.users.answer("GET /api/v1/auth/events", 200, events(""));
    let link = json!({
        "user_id": OTHER, "token": "t0k3n", "path": "/setup/password?token=t0k3n", "expires_at": "2026-11-20T08:00:00Z",
    });
    site.users.answer(&format!("POST /api/v1/users/{OTHER}/password-reset"), 200, link);
    let page = browser.post(&format!("/en/people/{OTHER}/reset"), &[]).await.expect(200);
    assert_eq!(header(&page, "cache-control"), "private, no-store");
    assert!(page.html().contains(&format!("{}/setup/password?token=t0k3n", site.base())));
}

#[tokio::test]
async fn the_audit_trail_is_filtered_by_what_and_who() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    site.users.answer("GET /api/v1/auth/events", 200, events("<b>"));
    let page = browser.get(&format!("/de/audit?kind=login_failed&user_id={OWNER}")).await.expect(200).html();
    assert_eq!(site.users.asked("GET /api/v1/auth/events")[0].query, format!("kind=login_failed&user_id={OWNER}"));
    for shown in ["Anmeldung misslungen</td>", "203.0.113.7", "&#60;b&#62;", "value=\"login_failed\" selected"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let mut bad = crate::fake::problem(422, "invalid_fields");
    bad["errors"] = json!([{ "pointer": "user_id", "code": "malformed", "detail": "user_id is an id." }]);
    site.users.answer("GET /api/v1/auth/events", 422, bad);
    let page = browser.get("/en/audit?user_id=me").await.expect(422).html();
    assert!(page.contains("user_id is an id.") && page.contains("value=\"me\""), "{page}");
}

#[tokio::test]
async fn a_stuck_step_is_asked_for_again_undone_or_taken_for_done() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    let mut stuck = order(OTHER, OWNER, "reserved", "agreed");
    stuck["stuck"] = json!(true);
    let mut of_it = steps();
    of_it["items"][1]["state"] = json!("stuck");
    site.orders.answer("GET /api/v1/orders", 200, json!({ "items": [stuck.clone()], "next": null }));
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}/steps"), 200, of_it);
    let page = browser.get("/en/stuck").await.expect(200).html();
    assert_eq!(site.orders.asked("GET /api/v1/orders")[0].query, "state=stuck");
    assert!(page.contains("Hold €33.50") && page.contains(&format!("action=\"/en/stuck/{ORDER}/2\"")), "{page}");
    assert!(!page.contains("Set aside 1 of"), "only what is stuck: {page}");
    for decision in ["retry", "undo", "accept"] {
        let call = format!("POST /api/v1/orders/{ORDER}/steps/2/{decision}");
        site.orders.answer(&call, 200, stuck.clone());
        browser.post(&format!("/en/stuck/{ORDER}/2"), &[("act", decision)]).await.expect(303);
        assert_eq!(site.orders.asked(&call).len(), 1);
    }
    browser.post(&format!("/en/stuck/{ORDER}/2"), &[("act", "forget")]).await.expect(400);
    site.orders.refuse(&format!("POST /api/v1/orders/{ORDER}/steps/2/undo"), 409, "conflict");
    browser.post(&format!("/en/stuck/{ORDER}/2"), &[("act", "undo")]).await.expect(409);
    browser.post(&format!("/en/stuck/{ORDER}/x"), &[("act", "undo")]).await.expect(404);
}

/// A payment of the owner's that waits at the desk, for the order that everybody knows.
pub(crate) fn due(site: &Site) {
    let euros = |amount_minor: i64| json!({ "amount_minor": amount_minor, "currency": "EUR" });
    let payment = json!({
        "id": PAYMENT, "order_id": ORDER, "step": "authorise", "payer_id": OWNER, "provider": "desk", "state": "created",
        "amount": euros(1350), "deposit": euros(2000), "held": euros(0), "captured": euros(0), "refunded": euros(0),
        "failure": null, "action_url": null, "operations": [], "version": 1, "created_at": "2026-11-19T08:00:00Z",
        "updated_at": "2026-11-19T08:00:00Z",
    });
    site.payments.answer("GET /api/v1/payments", 200, json!({ "items": [payment], "next": "c 2" }));
    site.payments.answer(&format!("POST /api/v1/payments/{PAYMENT}/paid"), 200, Value::Null);
    site.users.answer(&format!("GET /api/v1/users/{OWNER}"), 200, user(&["member"]));
}

#[tokio::test]
async fn what_waits_at_the_desk_is_called_paid() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    due(&site);
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}"), 200, order(OWNER, OTHER, "reserved", "agreed"));
    let page = browser.get("/en/desk").await.expect(200).html();
    assert_eq!(site.payments.asked("GET /api/v1/payments")[0].query, "state=created&provider=desk");
    for shown in ["Order 12</a>", "Ada L.</a>", "€33.50", "of it a deposit of €20.00", "/en/desk?cursor=c+2"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let german = browser.get("/de/desk").await.expect(200).html();
    assert!(german.contains("33,50\u{a0}€") && german.contains("Ist bezahlt"), "{german}");
    let (paid, call) = (format!("/en/desk/{PAYMENT}/paid"), format!("POST /api/v1/payments/{PAYMENT}/paid"));
    for _ in 0..2 {
        let answer = browser.post(&paid, &[]).await.expect(303);
        assert_eq!(header(&answer, "location"), "/en/desk?saved=1", "posted twice, it is paid once");
    }
    assert_eq!(site.payments.asked(&call).len(), 2);
    site.payments.refuse(&call, 409, "conflict");
    assert!(browser.post(&paid, &[]).await.expect(409).html().contains("role=\"alert\""));
    browser.post("/en/desk/x/paid", &[]).await.expect(404);
}

#[tokio::test]
async fn nobody_else_calls_anything_paid() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    due(&site);
    let paid = format!("/en/desk/{PAYMENT}/paid");
    site.get("/en/desk").await.expect(303);
    site.post(&paid, &[]).await.expect(303);
    let elsewhere = [("sec-fetch-site", "cross-site"), ("cookie", browser.cookie.as_str())];
    site.post_with(&paid, &[("form_token", &browser.token)], &elsewhere).await.expect(403);
    let own = [("sec-fetch-site", "same-origin"), ("cookie", browser.cookie.as_str())];
    site.post_with(&paid, &[("form_token", "another")], &own).await.expect(403);
    assert!(site.payments.asked(&format!("POST /api/v1/payments/{PAYMENT}/paid")).is_empty());
    site.payments.refuse("GET /api/v1/payments", 403, "forbidden");
    browser.get("/en/desk").await.expect(403);
}

#[tokio::test]
async fn the_desk_without_names_still_shows_what_is_due() {
    let site = Site::start().await;
    let browser = operator(&site).await;
    due(&site);
    site.orders.goes_down();
    site.users.refuse(&format!("GET /api/v1/users/{OWNER}"), 404, "not_found");
    let page = browser.get("/en/desk").await.expect(200).html();
    assert!(page.contains("cannot be shown right now") && page.contains("€33.50"), "{page}");
    site.payments.goes_down();
    browser.get("/en/desk").await.expect(503);
}

#[tokio::test]
async fn operations_draw_breakers_services_cache_and_warehouse() {
    let site = Site::start().await;
    runs(&site);
    let browser = operator(&site).await;
    let page = browser.get("/en/operations").await.expect(200).html();
    for shown in
        ["open: calls are refused", "http://127.0.0.1:8091", "ejected", "5 / 128 MiB", "75.0 %", "1500 ms", "revenue"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(page.contains("<svg class=\"chart\"") && page.contains("hit 75, bypass 50, miss 25"), "{page}");
    assert_eq!(site.operations.asked("GET /ops/breakers")[0].header("authorization"), "", "no token goes there");
    site.warehouse.answer("POST /api/v1/warehouse/runs", 202, Value::Null);
    let answer = browser.post("/en/operations/run", &[]).await.expect(303);
    assert!(browser.get(header(&answer, "location")).await.html().contains("A run will begin."));
}

#[tokio::test]
async fn operations_without_some_of_it_show_the_rest() {
    let site = Site::start().await;
    runs(&site);
    site.warehouse.goes_down();
    let browser = operator(&site).await;
    let page = browser.get("/en/operations").await.expect(200).html();
    assert_eq!(page.matches("This part cannot be shown").count(), 2, "runs and reports: {page}");
    assert!(page.contains("75.0 %"), "{page}");
}

#[tokio::test]
async fn a_report_is_a_chart_a_table_and_a_file() {
    let site = Site::start().await;
    runs(&site);
    let browser = operator(&site).await;
    let page = browser.get("/en/reports/revenue").await.expect(200).html();
    assert_eq!(page.matches("<svg class=\"chart\"").count(), 2, "payments and revenue: {page}");
    assert!(page.contains("<td>€9.00</td>") && page.contains("EUR · 2026-11-01 €9.00"), "{page}");
    site.warehouse.answer("GET /api/v1/warehouse/reports/revenue", 200, json!("currency,month\r\nEUR,2026-10-01\r\n"));
    let file = browser.get("/en/reports/revenue/csv").await.expect(200);
    assert_eq!(header(&file, "content-type"), "text/csv; charset=utf-8");
    assert_eq!(header(&file, "content-disposition"), "attachment; filename=\"revenue.csv\"");
    assert!(file.html().starts_with("currency,month\r\n"));
    assert_eq!(site.warehouse.asked("GET /api/v1/warehouse/reports/revenue").last().unwrap().query, "format=csv");
    browser.get("/en/reports/..%2Fruns").await.expect(404);
}

#[tokio::test]
async fn who_is_no_administrator_any_more_sees_no_operations() {
    let site = Site::start().await;
    runs(&site);
    let browser = operator(&site).await;
    site.users.answer("GET /api/v1/users/me", 200, user(&["member"]));
    browser.get("/en/operations").await.expect(403);
    site.users.refuse("GET /api/v1/users", 403, "forbidden");
    browser.get("/en/people").await.expect(403);
    site.get("/en/operations").await.expect(303);
    site.users.goes_down();
    browser.get("/en/operations").await.expect(503);
    assert!(site.operations.asked("GET /ops/breakers").is_empty());
}

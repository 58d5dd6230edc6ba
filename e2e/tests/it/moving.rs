//! LocalSetup.md from the first command to PostgreSQL: what was embedded goes on in production as if nothing had been.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Client, send};
use test_kit::process::Process;
use test_kit::wait_until;

use crate::manual::{Reader, commands};
use crate::platform::START;
use crate::production::Topology;

/// Runs a command of the ETL of the topology, as its process is told where everything is.
const ETL: &str =
    r#"directory=/tmp/lendery; here=$PWD/deploy/local; . deploy/local/parts.sh; env $(settings_of etl-1) "$BIN/etl" "#;

const EVENTS: &str = "query 'select count(*) as events from fact_item_event' --format json";

#[tokio::test]
async fn the_commands_of_the_page_lead_from_nothing_to_postgresql_and_nothing_is_lost() {
    let mut topology = Topology::place(16_000..20_000);
    let mut embedded = the_embedded_path(&mut topology).await;
    let reader = &topology.reader;
    let web = Client::new(reader.web.clone().unwrap());
    let items = web.get("/api/v1/items?limit=100").await.expect(200).json()["items"].clone();
    let (ada, tokens) = sign_in(&web).await;
    let last = order(&ada, &items).await["number"].as_i64().unwrap();
    let orders = ada.get("/api/v1/orders").await.expect(200).json()["items"].clone();
    the_warehouse_equals_the_services(reader, "cargo run --release -- etl ").await;
    let events = reader.types(&format!("cargo run --release -- etl {EVENTS}")).await;
    assert!(embedded.terminate(START).await.success());

    let [moving] = commands("From embedded to PostgreSQL").try_into().unwrap();
    let said = reader.types(&moving).await;
    assert_eq!(said.matches("all compared").count(), 4, "{said}");

    let gateway = topology.gateway(0);
    let moved = gateway.get("/api/v1/items?limit=100").await.expect(200).json()["items"].clone();
    assert_eq!(told(&moved), told(&items));
    let photo = items.as_array().unwrap().iter().find_map(|item| item["photos"][0]["url"].as_str()).expect("a photo");
    gateway.get(photo).await.expect(200);
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    gateway.post("/api/v1/auth/refresh", &refresh).await.expect(200);
    let (ada, _) = sign_in(&gateway).await;
    assert_eq!(ada.get("/api/v1/orders").await.expect(200).json()["items"], orders);
    let next = order(&ada, &items).await["number"].as_i64().unwrap();
    assert!(next > last, "{next} after {last}");

    the_warehouse_equals_the_services(reader, ETL).await;
    assert_eq!(reader.types(&format!("{ETL} {EVENTS}")).await, events, "nothing is told twice");
    let again = "cargo run --release -- migrate-db --to-folder /tmp/lendery/secrets";
    assert!(reader.fails_with(again).await, "services are at work on it");
}

/// A run reads every table of the four services as they are, knows each of their columns, and a comparison finds no difference.
async fn the_warehouse_equals_the_services(reader: &Reader, etl: &str) {
    let run = reader.types(&format!("{etl} run 2>&1")).await;
    assert!(run.contains("raw_ledger") && !run.contains("nobody has decided on"), "{run}");
    // It fails where a table differs.
    let compared = reader.types(&format!("{etl} reconcile")).await;
    assert_eq!(compared.matches(" equal ").count(), 8, "{compared}");
}

/// Everything that the page does with one process, which still runs afterwards.
async fn the_embedded_path(topology: &mut Topology) -> Process {
    let [up, look, offer, warehouse] = commands("Embedded: one process").try_into().unwrap();
    let mut process = Process::start(&mut topology.reader.shell(&up));
    topology.reader.web = Some(process.ready(START).await);
    let reader = &topology.reader;
    let seen = reader.types(&look).await;
    assert!(seen.contains("\"items\"") && seen.to_lowercase().contains("cache-status"), "{seen}");
    let offered = reader.types(&offer).await;
    assert!(offered.starts_with("HTTP/1.1 201"), "{offered}");
    let counted = reader.types(&warehouse).await;
    assert!(counted.contains("listed"), "{counted}");
    let wrong = warehouse.replace("etl query", "etl qurey");
    assert!(reader.fails_with(&wrong).await, "a wrong command is noticed");

    let [doctor, backup, rotate] = commands("Looking after it").try_into().unwrap();
    let well = reader.types(&doctor).await;
    assert!(well.contains("breakers"), "{well}");
    let kept = reader.types(&backup).await;
    assert!(kept.contains("is whole") && kept.contains("is restored"), "{kept}");
    let keys = reader.types(&rotate).await;
    assert!(keys.contains("published"), "{keys}");
    process
}

/// One of the demo's members, and her tokens.
async fn sign_in(web: &Client) -> (Client, Value) {
    let login = json!({ "email": "ada@example.org", "password": "ladder-and-lathe" });
    let tokens = web.post("/api/v1/auth/login", &login).await.expect(200).json();
    (web.with_token(tokens["access_token"].as_str().unwrap()), tokens)
}

/// What is said of each item, its stock aside, which an order changes a moment later.
fn told(items: &Value) -> Vec<[Value; 6]> {
    let items = items.as_array().unwrap().iter();
    let fields = ["id", "name", "description", "category", "daily_price", "photos"];
    items.map(|item| fields.map(|field| item[field].clone())).collect()
}

/// Ada orders the honey, and the order comes to its end.
async fn order(ada: &Client, items: &Value) -> Value {
    let honey = items.as_array().unwrap().iter().find(|item| item["name"] == "Honey from the roof").expect("honey");
    let order = json!({
        "lines": [{ "item_id": honey["id"], "units": 1 }],
        "payment": { "provider": "test", "token": "tok_approved" },
    });
    let request =
        ada.request(Method::POST, "/api/v1/orders").header("idempotency-key", uuid::Uuid::now_v7().to_string());
    let path = send(request.json(&order)).await.expect(202).header("location").unwrap().to_owned();
    let mut last = Value::Null;
    wait_until("the order to be settled", START, async || {
        last = ada.get(&path).await.expect(200).json();
        last["settled"] == true
    })
    .await;
    assert!(["confirmed", "active", "closed"].contains(&last["state"].as_str().unwrap()), "{last}");
    last
}

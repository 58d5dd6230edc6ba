//! The audit trail of items.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Client, send};

use crate::inventory::{Inventory, address, on_both, text};

async fn history(client: &Client, address: &str) -> Vec<Value> {
    let page = client.get(&format!("{address}/history")).await.expect(200);
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    page.json()["items"].as_array().unwrap().clone()
}

/// A change without its id and time.
fn told(change: &Value) -> Value {
    let mut change = change.clone();
    for member in ["id", "at"] {
        assert!(!text(&change.as_object_mut().unwrap().remove(member).unwrap()).is_empty());
    }
    change
}

async fn saw(inventory: &Inventory) -> String {
    inventory.category("Tools").await;
    address(&inventory.member("ada").offers(&json!({ "name": "Saw", "category": "tools", "units": 2 })).await)
}

#[tokio::test]
async fn every_change_of_an_item_is_written_down_with_who_made_it() {
    on_both(async |inventory| {
        let (ada, admin) = (inventory.member("ada"), inventory.admin());
        let address = saw(inventory).await;
        ada.client.patch(&address, "\"1\"", &json!({ "name": "Hand saw", "tags": ["wood"] })).await.expect(200);
        ada.client.patch(&address, "\"2\"", &json!({ "name": "Hand saw" })).await.expect(200);
        admin.client.patch(&address, "\"2\"", &json!({ "description": "Sharp" })).await.expect(200);
        ada.client.patch(&address, "\"2\"", &json!({ "name": "Lost" })).await.expect(412);
        ada.client.delete(&address, "\"3\"").await.expect(204);

        let changes: Vec<_> = history(&ada.client, &address).await.iter().map(told).collect();
        let renamed = json!({
            "kind": "changed", "version": 2, "by": ada.id,
            "before": { "name": "Saw", "tags": [] }, "after": { "name": "Hand saw", "tags": ["wood"] },
        });
        let described = json!({
            "kind": "changed", "version": 3, "by": admin.id,
            "before": { "description": "" }, "after": { "description": "Sharp" },
        });
        let retired = json!({
            "kind": "retired", "version": 4, "by": ada.id,
            "before": { "status": "listed" }, "after": { "status": "retired" },
        });
        assert_eq!(changes[..3], [retired, described, renamed]);
        let created = &changes[3];
        assert_eq!(
            (&created["kind"], &created["before"], &created["by"]),
            (&json!("created"), &json!(null), &json!(ada.id))
        );
        assert_eq!((&created["after"]["name"], &created["after"]["units"]), (&json!("Saw"), &json!(2)));
        assert_eq!(changes.len(), 4, "what changes nothing or is refused is no change");
    })
    .await;
}

#[tokio::test]
async fn units_and_files_leave_their_traces_too() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let address = saw(inventory).await;
        let unit = ada.client.post(&format!("{address}/units"), &json!({ "label": "No 3" })).await.expect(201).json();
        let at = format!("{address}/units/{}", text(&unit["id"]));
        ada.client.patch(&at, "\"1\"", &json!({ "condition": "poor" })).await.expect(200);
        ada.client.delete(&at, "*").await.expect(204);
        inventory.import(&ada, "", "name,category,units\nSaw,Tools,5\nAxe,Tools,1\n").await.expect(200);

        let changes = history(&ada.client, &address).await;
        let seen: Vec<_> = changes
            .iter()
            .map(|change| [&change["by"], &change["before"]["unit"], &change["after"]["unit"], &change["after"]["units"]])
            .collect();
        let named = |condition: &str| json!({ "id": unit["id"], "label": "No 3", "condition": condition, "out_of_service": false });
        let (ada_id, null) = (json!(ada.id), json!(null));
        assert_eq!(seen[0], [&null, &null, &null, &json!(5)], "the operator took in a file");
        assert_eq!(seen[1], [&ada_id, &named("poor"), &null, &json!(2)]);
        assert_eq!(seen[2], [&ada_id, &named("good"), &named("poor"), &null]);
        assert_eq!(seen[3], [&ada_id, &null, &named("good"), &json!(3)]);
        let axe = inventory.anonymous().get("/api/v1/items?q=axe").await.expect(200).json()["items"][0].clone();
        let of_axe = history(&ada.client, &format!("/api/v1/items/{}", text(&axe["id"]))).await;
        assert_eq!((of_axe.len(), &of_axe[0]["kind"], &of_axe[0]["by"]), (1, &json!("created"), &null));
    })
    .await;
}

#[tokio::test]
async fn the_trail_is_for_the_owner_and_administrators() {
    on_both(async |inventory| {
        let address = saw(inventory).await + "/history";
        inventory.anonymous().get(&address).await.expect(401);
        inventory.member("bob").client.get(&address).await.expect(403);
        inventory.admin().client.get(&address).await.expect(200);
        let missing = "/api/v1/items/01890a5d-ac96-774b-bcce-b302099a8057/history";
        inventory.member("ada").client.get(missing).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn the_trail_comes_in_pages() {
    on_both(async |inventory| {
        let ada = inventory.member("ada").client;
        let address = saw(inventory).await;
        for number in 0..6 {
            ada.patch(&address, "*", &json!({ "name": format!("Saw {number}") })).await.expect(200);
        }
        let (mut versions, mut query) = (Vec::new(), "limit=3".to_owned());
        loop {
            let page = ada.get(&format!("{address}/history?{query}")).await.expect(200).json();
            versions.extend(page["items"].as_array().unwrap().iter().map(|change| change["version"].as_i64().unwrap()));
            let Some(next) = page["next"].as_str() else { break };
            query = format!("limit=3&cursor={next}");
        }
        assert_eq!(versions, [7, 6, 5, 4, 3, 2, 1]);
        let other = ada.get(&format!("{address}/history?cursor=abc")).await.expect(400);
        assert_eq!(other.problem(), "invalid_cursor");
        ada.get(&format!("{address}/history?limit=0")).await.expect(422);
        send(ada.request(Method::POST, &format!("{address}/history"))).await.expect(405);
    })
    .await;
}

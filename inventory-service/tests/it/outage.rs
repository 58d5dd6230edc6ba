use serde_json::json;

use crate::inventory::{address, on_both};

#[tokio::test]
async fn without_the_user_service_reads_go_on_and_writes_are_refused() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let item = ada.offers(&json!({ "name": "Saw", "category": category })).await;
        let address = address(&item);
        inventory.users.set_down(true);

        let another = json!({ "name": "Axe", "category": category });
        let refusals = [
            ada.client.post("/api/v1/items", &another).await,
            ada.client.put(&address, "\"1\"", &another).await,
            ada.client.patch(&address, "\"1\"", &json!({ "name": "Axe" })).await,
            ada.client.delete(&address, "\"1\"").await,
            ada.client.get("/api/v1/users/me/items").await,
        ];
        for refusal in refusals {
            let refusal = refusal.expect(503);
            assert_eq!(refusal.problem(), "unavailable");
            assert!(refusal.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        }
        for reader in [&inventory.anonymous(), &ada.client] {
            assert_eq!(reader.get(&address).await.expect(200).json(), item.json());
            reader.get("/api/v1/categories").await.expect(200);
        }
        assert_eq!(inventory.names("").await, ["Saw"], "nothing was changed");

        inventory.users.set_down(false);
        ada.offers(&another).await;
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_not_shown_to_somebody_who_cannot_be_identified() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let draft = json!({ "name": "Saw", "category": category, "status": "draft" });
        let address = address(&ada.offers(&draft).await);
        inventory.users.set_down(true);
        ada.client.get(&address).await.expect(503);
        inventory.anonymous().get(&address).await.expect(404);
    })
    .await;
}

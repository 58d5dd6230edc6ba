use serde_json::json;

use crate::inventory::{Inventory, on_both};

/// Name, tags, description.
const CORPUS: [(&str, &[&str], &str); 8] = [
    ("Cordless drill driver", &["power tools", "DIY"], "Makita, 18-volt cordless driver-drill. Battery powered."),
    ("Drill & screwdriver bit set", &["DIY"], "Makita, 38-piece bit set."),
    ("Orbital sander", &["power tools"], "Variable speed; 5 in. (8-hole) hook and loop abrasive paper"),
    ("Bolt cutter, 18 in.", &[], "Cuts bolts, chain and wire up to 3/8 in."),
    ("Küchenmaschine", &["Küche"], "Rührschüssel aus Edelstahl, für große Mengen Teig"),
    ("Café chairs", &["garden"], "Set of four, E-mail me@example.org before you come"),
    ("工具箱", &["tools"], "red box"),
    ("Σίσυφος stone", &[], "never ends"),
];

async fn offer_all(inventory: &Inventory) {
    let category = inventory.category("Things").await;
    let ada = inventory.member("ada");
    for (name, tags, description) in CORPUS {
        ada.offers(&json!({ "name": name, "category": category, "tags": tags, "description": description })).await;
    }
}

async fn found(inventory: &Inventory, words: &str) -> Vec<String> {
    let mut url = reqwest::Url::parse("http://any/").unwrap();
    url.query_pairs_mut().append_pair("q", words).append_pair("sort", "name");
    inventory.names(url.query().unwrap()).await
}

#[tokio::test]
async fn a_search_finds_the_same_on_both_databases() {
    on_both(async |inventory| {
        offer_all(inventory).await;
        for (words, names) in [
            ("drill", &["Cordless drill driver", "Drill & screwdriver bit set"][..]),
            ("DRILL", &["Cordless drill driver", "Drill & screwdriver bit set"]),
            ("drill makita driver", &["Cordless drill driver"]),
            ("dri", &["Cordless drill driver", "Drill & screwdriver bit set"]),
            ("dri makita", &[]),
            ("makita dri", &["Cordless drill driver", "Drill & screwdriver bit set"]),
            ("power", &["Cordless drill driver", "Orbital sander"]),
            ("powered", &["Cordless drill driver"]),
            ("18", &["Bolt cutter, 18 in.", "Cordless drill driver"]),
            ("18-volt", &["Cordless drill driver"]),
            ("8 hole", &["Orbital sander"]),
            ("kuche", &["Küchenmaschine"]),
            ("KÜCHE", &["Küchenmaschine"]),
            ("grosse", &["Küchenmaschine"]),
            ("cafe", &["Café chairs"]),
            ("me@example.org", &["Café chairs"]),
            ("example", &["Café chairs"]),
            ("工具", &["工具箱"]),
            ("ΣΊΣΥΦΟΣ", &["Σίσυφος stone"]),
            ("nothing like it", &[]),
        ] {
            assert_eq!(found(inventory, words).await, names, "{words}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_character_in_a_search_is_an_error() {
    on_both(async |inventory| {
        offer_all(inventory).await;
        for words in ["\"", "'", "*", "drill*", "\"drill", "drill AND", "NOT", "(", "a:b", "name:drill", "-", "^drill"]
        {
            found(inventory, words).await;
        }
        for words in
            ["!", "&", "|", "<->", "a & b", ":*", "\\", "%", "_", "--", ";", "{}", "NEAR(a b)", "�", "🔧", "a'b\"c"]
        {
            found(inventory, words).await;
        }
        assert_eq!(found(inventory, "drill' OR 'x").await, Vec::<String>::new());
        assert_eq!(found(inventory, "!?").await, Vec::<String>::new(), "no words find nothing");
        assert_eq!(found(inventory, "").await.len(), CORPUS.len(), "an empty field does not filter");
        let client = inventory.anonymous();
        for bad in ["%00", "a%0Ab", "%E2%80%AE", &"x".repeat(201)] {
            let answer = client.get(&format!("/api/v1/items?q={bad}")).await.expect(422);
            assert_eq!(crate::inventory::refused(&answer), ["q"]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_follows_every_change() {
    on_both(async |inventory| {
        let category = inventory.category("Things").await;
        let ada = inventory.member("ada");
        let item = ada.offers(&json!({ "name": "Hammer", "category": category, "tags": ["steel"] })).await;
        let address = crate::inventory::address(&item);
        let changed = json!({ "name": "Mallet", "tags": ["wood"] });
        ada.client.patch(&address, "\"1\"", &changed).await.expect(200);
        for (words, names) in [("hammer", &[][..]), ("steel", &[]), ("mallet", &["Mallet"]), ("wood", &["Mallet"])] {
            assert_eq!(found(inventory, words).await, names, "{words}");
        }
        ada.client.delete(&address, "\"2\"").await.expect(204);
        assert_eq!(found(inventory, "mallet").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_word_of_ten_thousand_letters_is_indexed_by_its_beginning() {
    on_both(async |inventory| {
        let category = inventory.category("Things").await;
        let long = "x".repeat(10_000);
        let item = json!({ "name": "Long", "category": category, "description": long });
        inventory.member("ada").offers(&item).await;
        assert_eq!(found(inventory, &"x".repeat(100)).await, ["Long"]);
    })
    .await;
}

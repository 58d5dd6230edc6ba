use futures_util::future::join_all;
use serde_json::{Value, json};
use test_kit::http::Answer;

use crate::inventory::{address, on_both, text};

const FILE: &str = "name,category,description,units,loan_days,tags\n\
    Cordless drill,Power Tools,\"Makita, 18 volt\",4,7,power tools;DIY\n\
    Rake,Garden,,2,,\n\
    \"Saw, \"\"Japanese\"\"\",Hand Tools,\"two\nlines\",1,14,wood\n";

fn report(rows: u64, created: u64, changed: u64, unchanged: u64) -> Value {
    json!({ "rows": rows, "created": created, "changed": changed, "unchanged": unchanged, "errors": [] })
}

/// Line, column and code of each error.
fn errors(answer: &Answer) -> Vec<(u64, String, String)> {
    let row = |error: &Value| {
        let column = error["column"].as_str().unwrap_or_default().to_owned();
        assert!(!text(&error["detail"]).is_empty());
        (error["line"].as_u64().unwrap(), column, text(&error["code"]))
    };
    answer.json()["errors"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn a_file_becomes_items_and_the_same_file_again_changes_nothing() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let first = inventory.import(&ada, "", FILE).await.expect(200);
        assert_eq!(first.json(), report(3, 3, 0, 0));
        assert_eq!(first.header("cache-group-invalidation"), Some("\"items\", \"categories\", \"availability\""));
        let drill = inventory.anonymous().get("/api/v1/items?q=drill").await.expect(200).json()["items"][0].clone();
        for (field, value) in [
            ("owner_id", json!(ada.id)),
            ("category", json!("power-tools")),
            ("description", json!("Makita, 18 volt")),
            ("units", json!(4)),
            ("max_loan_days", json!(7)),
            ("tags", json!(["power tools", "DIY"])),
            ("status", json!("listed")),
        ] {
            assert_eq!(drill[field], value, "{field}");
        }
        assert_eq!(inventory.names("sort=name").await, ["Cordless drill", "Rake", "Saw, \"Japanese\""]);

        let windows = format!("\u{feff}{}", FILE.replace('\n', "\r\n"));
        for same in [FILE, &*windows] {
            let again = inventory.import(&ada, "", same.to_owned()).await.expect(200);
            assert_eq!(again.json(), report(3, 0, 0, 3));
            assert_eq!(again.header("cache-group-invalidation"), None);
        }
        let read = inventory.anonymous().get(&format!("/api/v1/items/{}", text(&drill["id"]))).await.expect(200);
        assert_eq!(read.json(), drill, "not even its version");
        let of_bob = inventory.import(&inventory.member("bob"), "", FILE).await.expect(200);
        assert_eq!(of_bob.json(), report(3, 3, 0, 0), "items of others are not his");
        assert_eq!(
            of_bob.header("cache-group-invalidation"),
            Some("\"items\", \"categories\", \"availability\""),
            "which count items"
        );
    })
    .await;
}

#[tokio::test]
async fn a_changed_row_changes_its_item_and_keeps_what_the_file_does_not_say() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let file =
            "external_id,name,category,units,daily_price,currency\nA1,Drill,Tools,2,4.50,CHF\nA2,Saw,Tools,1,,\n";
        inventory.import(&ada, "", file).await.expect(200);
        let drill = inventory.anonymous().get("/api/v1/items?q=drill").await.expect(200).json()["items"][0].clone();
        assert_eq!(drill["daily_price"], json!({ "amount_minor": 450, "currency": "CHF" }));
        let address = format!("/api/v1/items/{}", text(&drill["id"]));
        let own = json!({ "condition": "fair", "status": "paused", "tags": ["mine"] });
        ada.client.patch(&address, "\"1\"", &own).await.expect(200);

        let renamed = file.replace("A1,Drill,Tools,2", "A1,Impact drill,Workshop,3");
        let answer = inventory.import(&ada, "", renamed).await.expect(200);
        assert_eq!(answer.json(), report(2, 0, 1, 1));
        let item = inventory.anonymous().get(&address).await.expect(200).json();
        for (field, value) in [
            ("name", json!("Impact drill")),
            ("category", json!("workshop")),
            ("units", json!(3)),
            ("condition", json!("fair")),
            ("status", json!("paused")),
            ("tags", json!(["mine"])),
            ("version", json!(3)),
        ] {
            assert_eq!(item[field], value, "{field}");
        }
    })
    .await;
}

#[tokio::test]
async fn rows_with_and_without_an_id_of_the_owners_are_told_apart() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let both = "external_id,name,category\nA1,Drill,Tools\n,Drill,Tools\n";
        assert_eq!(inventory.import(&ada, "", both).await.expect(200).json(), report(2, 2, 0, 0));
        assert_eq!(inventory.import(&ada, "", both).await.expect(200).json(), report(2, 0, 0, 2));

        let bob = inventory.member("bob");
        inventory.import(&bob, "", "external_id,name,category\nA1,Drill,Tools\n").await.expect(200);
        let nameless = inventory.import(&bob, "", "name,category,units\nDrill,Tools,3\n").await.expect(200);
        assert_eq!(nameless.json(), report(1, 0, 1, 0), "without an id the name says which");
        let twice = inventory.import(&bob, "", both).await.expect(200);
        assert_eq!(errors(&twice), [(3, "name".to_owned(), "repeated".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn a_retired_item_stays_retired() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        inventory.import(&ada, "", FILE).await.expect(200);
        let rake = inventory.anonymous().get("/api/v1/items?q=rake").await.expect(200).json()["items"][0].clone();
        ada.client.delete(&format!("/api/v1/items/{}", text(&rake["id"])), "\"1\"").await.expect(204);
        assert_eq!(inventory.import(&ada, "", FILE).await.expect(200).json(), report(3, 0, 0, 3));
        assert_eq!(inventory.names("q=rake").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_reports_and_changes_nothing() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let dry = inventory.import(&ada, "&dry_run=true", FILE).await.expect(200);
        assert_eq!(dry.json(), report(3, 3, 0, 0));
        assert_eq!(dry.header("cache-group-invalidation"), None);
        assert_eq!(inventory.names("").await, Vec::<String>::new());
        let categories = inventory.anonymous().get("/api/v1/categories").await.expect(200);
        assert_eq!(categories.json()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn one_bad_row_keeps_the_whole_file_out_unless_told_to_go_on() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let file = "name,category,units,loan_days,tags,daily_price\n\
            Drill,Tools,4,7,a;b,1.00\n\
            Saw,New one,four,0,,\"1,50\"\n\
            ,Tools,1,7,,\n\
            Axe,,1,7,,\n\
            Drill,Tools,5,7,,\n\
            Rake,Tools,1\n\
            \u{202e}Hoe,Tools,1,7,,\n\
            Spade,Tools,1001,7,,99999999999999\n";
        let expected: Vec<_> = [
            (3, "units", "not_a_number"),
            (3, "daily_price", "malformed_amount"),
            (4, "name", "empty"),
            (5, "category", "empty"),
            (6, "name", "repeated"),
            (7, "", "wrong_cells"),
            (8, "name", "direction_override"),
            (9, "units", "out_of_range"),
            (9, "daily_price", "out_of_range"),
        ]
        .map(|(line, column, code)| (line, column.to_owned(), code.to_owned()))
        .into();
        let refused = inventory.import(&ada, "", file).await.expect(200);
        assert_eq!(errors(&refused), expected);
        let counts = |answer: &Answer| ["rows", "created", "changed"].map(|field| answer.json()[field].clone());
        assert_eq!(counts(&refused), [8, 0, 0].map(|count| json!(count)));
        assert_eq!(inventory.names("").await, Vec::<String>::new());

        let taken = inventory.import(&ada, "&keep_going=true", file).await.expect(200);
        assert_eq!(errors(&taken), expected);
        assert_eq!(counts(&taken), [8, 1, 0].map(|count| json!(count)));
        assert_eq!(inventory.names("").await, ["Drill"]);
        let categories = inventory.anonymous().get("/api/v1/categories").await.expect(200).json();
        let slugs: Vec<_> = categories["items"].as_array().unwrap().iter().map(|made| text(&made["slug"])).collect();
        assert_eq!(slugs, ["tools"], "a refused row makes no category");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_none_changes_nothing_and_says_why() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let unclosed = format!("name,category\n\"{}", "x".repeat(200_000));
        let nuls = b"name,category\nDr\0ill,Tools\n".to_vec();
        for (file, line, column, code) in [
            (Vec::new(), 1, "name", "missing_column"),
            (b"name;category\nDrill;Tools\n".to_vec(), 1, "name;category", "unknown_column"),
            (b"name,category,name\n".to_vec(), 1, "name", "repeated_column"),
            (b"\xff\xfen\0a\0".to_vec(), 1, "\u{fffd}\u{fffd}n\0a\0", "unknown_column"),
            (b"name,category\nDrill,\xe9t\xe9\n".to_vec(), 2, "category", "not_utf8"),
            (unclosed.into_bytes(), 2, "", "wrong_cells"),
            (nuls, 2, "name", "control_character"),
        ] {
            let answer = inventory.import(&ada, "", file).await.expect(200);
            assert_eq!(errors(&answer)[0], (line, column.to_owned(), code.to_owned()));
        }
        for (options, status) in [("&dry_run=maybe", 422), ("&colour=red", 400)] {
            assert_eq!(inventory.import(&ada, options, FILE).await.status, status);
        }
        assert_eq!(inventory.names("").await, Vec::<String>::new());
        let empty = inventory.import(&ada, "", "name,category\n").await.expect(200);
        assert_eq!(empty.json(), report(0, 0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_file_larger_than_a_json_body_is_taken_and_one_beyond_the_limit_is_not() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let words = "words and more ".repeat(8);
        let header = "name,category,description\n".to_owned();
        let rows = (0..1_200).map(|number| format!("Thing {number},Things,{words}\n"));
        let file: String = [header].into_iter().chain(rows).collect();
        let answer = inventory.import(&ada, "", file).await.expect(200);
        assert_eq!(answer.json(), report(1_200, 1_200, 0, 0));
        let too_large = vec![b'x'; 64 * 1024 * 1024 + 1];
        assert_eq!(inventory.import(&ada, "", too_large).await.expect(413).problem(), "body_too_large");
    })
    .await;
}

#[tokio::test]
async fn imports_of_one_file_at_the_same_time_make_its_items_once() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let imports = (0..4).map(|_| inventory.import(&ada, "", FILE));
        let mut created = 0;
        for answer in join_all(imports).await {
            created += answer.expect(200).json()["created"].as_u64().unwrap();
        }
        assert_eq!(created, 3);
        assert_eq!(inventory.names("").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_thing_for_sale_is_not_turned_into_one_to_lend() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let price = json!({ "amount_minor": 100, "currency": "EUR" });
        let sold = json!({ "name": "Drill", "category": category, "offer": "sell", "stock": 1, "price": price });
        let sold = ada.offers(&sold).await;
        let answer = inventory.import(&ada, "", "name,category,units\nDrill,Tools,4\n").await.expect(200);
        assert_eq!(errors(&answer), [(2, "units".to_owned(), "not_for_this_offer".to_owned())]);
        let read = inventory.anonymous().get(&address(&sold)).await.expect(200);
        assert_eq!(read.json(), sold.json());
    })
    .await;
}

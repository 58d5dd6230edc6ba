//! Input that is wrong on purpose: each is answered with the field and the reason, and nothing is changed.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::send;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::inventory::{CREDENTIAL, Inventory, address, on_both, text};

/// What a field may not hold anywhere: a null byte, and what turns the direction of writing.
const ODD: [(&str, &str); 3] =
    [("a\u{0}b", "control_character"), ("a\u{202e}b", "direction_override"), ("a\u{2066}b", "direction_override")];

/// Offers an item, changes one and offers a batch with these fields, and expects the same error each time.
async fn refused_everywhere(inventory: &Inventory, item: &str, fields: &Value, pointer: &str, code: &str) {
    let ada = inventory.member("ada").client;
    let mut document = json!({ "name": "Saw", "category": "tools" });
    for (name, value) in fields.as_object().unwrap() {
        document[name] = value.clone();
    }
    let created = ada.post("/api/v1/items", &document).await.expect(422).json();
    let changed = ada.patch(item, "*", fields).await.expect(422).json();
    let batch = ada.post("/api/v1/items/batch", &json!({ "items": [document] })).await.expect(207).json();
    for problem in [&created, &changed, &batch["results"][0]["problem"]] {
        let error = problem["errors"].as_array().unwrap().iter().find(|error| error["pointer"] == pointer);
        let error = error.unwrap_or_else(|| panic!("{fields} is not refused at {pointer}: {problem}"));
        assert_eq!(error["code"], code, "{fields}");
        assert!(!text(&error["detail"]).is_empty(), "{error}");
    }
}

#[tokio::test]
async fn prices_that_are_none_are_refused() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let item = inventory.member("ada").offers(&json!({ "name": "Saw", "category": "tools" })).await;
        let address = address(&item);
        for name in ["daily_price", "deposit"] {
            for (amount, currency, at, code) in [
                (json!(-1), "EUR", "amount_minor", "out_of_range"),
                (json!(i64::MAX), "EUR", "amount_minor", "out_of_range"),
                (json!(100), "XXQ", "currency", "unknown_currency"),
                (json!(100), "eur", "currency", "unknown_currency"),
                (json!(100), "€", "currency", "unknown_currency"),
            ] {
                let price = json!({ name: { "amount_minor": amount, "currency": currency } });
                refused_everywhere(inventory, &address, &price, &format!("/{name}/{at}"), code).await;
            }
            // Beyond i64 and between two cents the body itself is refused, also that of a batch.
            for amount in ["9223372036854775808", "-9223372036854775809", "1e300", "4.5", "\"450\""] {
                let body = format!(
                    r#"{{"name":"Saw","category":"tools","{name}":{{"amount_minor":{amount},"currency":"EUR"}}}}"#
                );
                let request = inventory.member("ada").client.request(Method::POST, "/api/v1/items");
                let answer = send(request.header("content-type", "application/json").body(body)).await.expect(422);
                assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{name}/amount_minor"), "{amount}");
            }
        }
        assert_eq!(inventory.anonymous().get(&address).await.expect(200).json(), item.json());
        assert_eq!(inventory.names("").await, ["Saw"]);
    })
    .await;
}

#[tokio::test]
async fn prices_that_are_none_are_refused_of_what_is_sold() {
    on_both(async |inventory| {
        inventory.category("Books").await;
        let ada = inventory.member("ada");
        let price = |amount: Value, currency: &str| json!({ "amount_minor": amount, "currency": currency });
        let book = |price| json!({ "name": "Novel", "category": "books", "offer": "sell", "stock": 1, "price": price });
        let novel = ada.offers(&book(price(json!(1), "EUR"))).await;
        for (price, pointer, code) in [
            (price(json!(-1), "EUR"), "/price/amount_minor", "out_of_range"),
            (price(json!(i64::MAX), "EUR"), "/price/amount_minor", "out_of_range"),
            (price(json!(1), "GALLEON"), "/price/currency", "unknown_currency"),
            (Value::Null, "/price", "required"),
        ] {
            let answer = ada.client.post("/api/v1/items", &book(price.clone())).await.expect(422).json();
            assert_eq!(
                (&answer["errors"][0]["pointer"], &answer["errors"][0]["code"]),
                (&json!(pointer), &json!(code))
            );
            ada.client.patch(&address(&novel), "*", &json!({ "price": price })).await.expect(422);
        }
        assert_eq!(inventory.anonymous().get(&address(&novel)).await.expect(200).json(), novel.json());
        assert_eq!(inventory.names("").await, ["Novel"]);
    })
    .await;
}

#[tokio::test]
async fn a_price_in_a_file_that_is_none_is_named_with_its_row() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let file = "name,category,daily_price,deposit,currency\n\
            Saw,Tools,-1.00,,EUR\n\
            Axe,Tools,92233720368547758.08,,EUR\n\
            Hoe,Tools,1.00,1e300,EUR\n\
            Rake,Tools,1.00,,GALLEON\n\
            Drill,Tools,1.005,,EUR\n\
            Spade,Tools,1.50,,JPY\n";
        let report = inventory.import(&ada, "", file).await.expect(200).json();
        let errors = report["errors"].as_array().unwrap().iter().map(|error| {
            assert!(!text(&error["detail"]).is_empty());
            (error["line"].as_u64().unwrap(), text(&error["column"]), text(&error["code"]))
        });
        let errors: Vec<_> = errors.collect();
        let expected = [
            (2, "daily_price", "malformed_amount"),
            (3, "daily_price", "malformed_amount"),
            (4, "deposit", "malformed_amount"),
            (5, "currency", "unknown_currency"),
            (6, "daily_price", "malformed_amount"),
            (7, "daily_price", "malformed_amount"),
        ];
        assert_eq!(errors, expected.map(|(line, column, code)| (line, column.to_owned(), code.to_owned())));
        assert_eq!(inventory.names("").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn text_that_deceives_is_refused_in_every_field() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let item = ada.offers(&json!({ "name": "Saw", "category": "tools" })).await;
        let address = address(&item);
        for (odd, code) in ODD {
            for (fields, pointer) in [
                (json!({ "name": odd }), "/name"),
                (json!({ "description": odd }), "/description"),
                (json!({ "tags": ["good", odd] }), "/tags/1"),
                (json!({ "pickup": { "label": odd, "lat": 1, "lon": 1, "time_zone": "UTC" } }), "/pickup/label"),
            ] {
                refused_everywhere(inventory, &address, &fields, pointer, code).await;
            }
            let unit = ada.client.post(&format!("{address}/units"), &json!({ "label": odd })).await.expect(422);
            assert_eq!(unit.json()["errors"][0]["code"], code);
            let category =
                inventory.admin().client.post("/api/v1/categories", &json!({ "name": odd })).await.expect(422);
            assert_eq!(category.json()["errors"][0]["code"], code);
            let file = format!(
                "name,category,description,tags\n{odd},Tools,,\nAxe,{odd},,\nAxe,Tools,{odd},\nHoe,Tools,,{odd}\n"
            );
            let report = inventory.import(&ada, "", file).await.expect(200).json();
            let codes: Vec<_> = report["errors"].as_array().unwrap().iter().map(|error| text(&error["code"])).collect();
            assert_eq!(codes, [code; 4]);
        }
        assert_eq!(inventory.anonymous().get(&address).await.expect(200).json(), item.json());
        assert_eq!(inventory.names("").await, ["Saw"]);
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_tags_are_too_many() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let item = ada.offers(&json!({ "name": "Saw", "category": "tools" })).await;
        let address = address(&item);
        let tags: Vec<_> = (0..10_000).map(|number| number % 10).collect();
        let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
        refused_everywhere(inventory, &address, &json!({ "tags": tags }), "/tags", "too_many").await;
        let file = format!("name,category,tags\nAxe,Tools,{}\n", tags.join(";"));
        let report = inventory.import(&ada, "", file).await.expect(200).json();
        assert_eq!(
            (&report["errors"][0]["column"], &report["errors"][0]["code"]),
            (&json!("tags"), &json!("too_many"))
        );
        assert_eq!(inventory.anonymous().get(&address).await.expect(200).json(), item.json());
    })
    .await;
}

#[tokio::test]
async fn a_cell_of_many_megabytes_is_named() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let file = format!("name,category,description\nDrill,Tools,\"{}\"\n", "x".repeat(40 << 20));
        let report = inventory.import(&ada, "", file).await.expect(200).json();
        assert_eq!(report["errors"][0]["column"], "description");
        assert_eq!(report["errors"][0]["code"], "too_long");
        assert_eq!(inventory.names("").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_cell_of_a_gigabyte_is_refused_before_it_is_read() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let base = inventory.anonymous().base().trim_start_matches("http://").to_owned();
        let head = format!(
            "POST /internal/v1/items/import?owner_id={} HTTP/1.1\r\nHost: {base}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: text/csv\r\nContent-Length: {}\r\n\r\nname,category,description\nDrill,Tools,\"xxx",
            ada.id,
            CREDENTIAL,
            1 << 30,
        );
        let mut connection = BufReader::new(TcpStream::connect(&base).await.unwrap());
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut status = String::new();
        connection.read_line(&mut status).await.unwrap();
        assert!(status.starts_with("HTTP/1.1 413 "), "{status}");
        assert_eq!(inventory.names("").await, Vec::<String>::new());
    })
    .await;
}

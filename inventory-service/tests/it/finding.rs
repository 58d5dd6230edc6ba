use std::collections::HashSet;

use http::HeaderMap;
use inventory_api::ReservationClient;
use serde_json::json;
use vocabulary::ItemId;

use crate::inventory::{Inventory, Member, on_both, on_both_at_noon, text};
use crate::reservations::{days, hold, id};

/// An item at so many degrees north and east.
async fn at(member: &Member, name: &str, lat: f64, lon: f64) {
    let pickup = json!({ "label": "Shed", "lat": lat, "lon": lon, "time_zone": "UTC" });
    member.offers(&json!({ "name": name, "category": "tools", "pickup": pickup })).await;
}

/// The names on each page of a list.
async fn pages(inventory: &Inventory, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = inventory.anonymous().get(&format!("/api/v1/items?{query}{cursor}")).await.expect(200).json();
        pages.push(page["items"].as_array().unwrap().iter().map(|item| text(&item["name"])).collect());
        let Some(next) = page["next"].as_str() else { return pages };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn what_is_near_is_found_nearest_first() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        at(&ada, "Graz", 47.0707, 15.4395).await;
        at(&ada, "Prater", 48.2167, 16.3958).await;
        at(&ada, "Cathedral", 48.2086, 16.3731).await;
        at(&ada, "Airport", 48.1103, 16.5697).await;
        at(&ada, "Fiji", -17.0, 179.99).await;
        at(&ada, "Other Fiji", -17.0, -179.99).await;
        ada.offers(&json!({ "name": "Nowhere", "category": "tools" })).await;
        let nearest = inventory.names("near=48.2085,16.3721&radius_km=25&sort=distance").await;
        assert_eq!(nearest, ["Cathedral", "Prater", "Airport"]);
        let farthest = inventory.names("near=48.2085,16.3721&radius_km=200&sort=-distance").await;
        assert_eq!(farthest, ["Graz", "Airport", "Prater", "Cathedral"]);
        assert_eq!(inventory.names("near=48.2085,16.3721&radius_km=0.2").await, ["Cathedral"]);
        assert_eq!(inventory.names("near=-17,180&sort=name").await, ["Fiji", "Other Fiji"]);
        let walked = pages(inventory, "near=48.2085,16.3721&radius_km=200&sort=distance&limit=1").await;
        assert_eq!(walked.concat(), ["Cathedral", "Prater", "Airport", "Graz"]);
    })
    .await;
}

#[tokio::test]
async fn pages_by_distance_show_every_item_once() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        for number in 0..30 {
            // Some at the same place, so that only the id decides between them.
            at(&ada, &format!("Drill {number}"), 48.0 + f64::from(number % 7) / 100.0, 16.0).await;
        }
        for sort in ["distance", "-distance"] {
            let walked =
                pages(inventory, &format!("near=48.013,16.004&radius_km=50&limit=4&sort={sort}")).await.concat();
            assert_eq!(walked.len(), 30);
            assert_eq!(walked.iter().collect::<HashSet<_>>().len(), 30);
        }
    })
    .await;
}

#[tokio::test]
async fn the_best_names_come_first() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        for (name, description) in [
            ("Drill press", ""),
            ("Bit set", "for every drill"),
            ("Cordless drill", ""),
            ("DRILL", "again"),
            ("Saw", "no use"),
        ] {
            ada.offers(&json!({ "name": name, "category": "tools", "description": description })).await;
        }
        let best = ["Drill press", "DRILL", "Cordless drill", "Bit set"];
        assert_eq!(inventory.names("q=drill&sort=relevance").await, best);
        assert_eq!(pages(inventory, "q=drill&sort=relevance&limit=1").await.concat(), best);
    })
    .await;
}

#[tokio::test]
async fn an_error_in_typing_and_a_plural_are_forgiven() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        for name in ["Cordless drill", "Drill press", "Claw hammer", "Screwdriver"] {
            ada.offers(&json!({ "name": name, "category": "tools" })).await;
        }
        for (words, names) in [
            ("hamer", &["Claw hammer"][..]),
            ("drilll", &["Cordless drill", "Drill press"]),
            ("scewdriver", &["Screwdriver"]),
            ("cordles drilll", &["Cordless drill"]),
            ("hammers", &["Claw hammer"]),
            ("banana", &[]),
        ] {
            let found = inventory.names(&format!("sort=name&q={}", words.replace(' ', "%20"))).await;
            assert_eq!(found, names, "{words}");
        }
        assert_eq!(inventory.names("q=hammer").await, ["Claw hammer"]);
        let both = pages(inventory, "q=drilll&limit=1&sort=name").await.concat();
        assert_eq!(both, ["Cordless drill", "Drill press"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_day_may_cost_narrows_a_list_to_what_is_lent() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let euros = |amount_minor: u32| json!({ "amount_minor": amount_minor, "currency": "EUR" });
        for (name, price) in [("Cheap", 100), ("Dear", 900)] {
            ada.offers(&json!({ "name": name, "category": "tools", "daily_price": euros(price) })).await;
        }
        ada.offers(&json!({ "name": "Free", "category": "tools" })).await;
        ada.offers(&json!({ "name": "Sold", "category": "tools", "offer": "sell", "stock": 1, "price": euros(1) }))
            .await;
        assert_eq!(inventory.names("max_daily_price=100&sort=name").await, ["Cheap", "Free"]);
        assert_eq!(inventory.names("max_daily_price=0").await, ["Free"]);
        assert_eq!(inventory.names("max_daily_price=900&sort=-daily_price").await, ["Dear", "Cheap", "Free"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_shown_free_for_some_days_is_free_for_them() {
    on_both_at_noon(async |inventory, _| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let client = inventory.reservations();
        let mut offered: Vec<ItemId> = Vec::new();
        for number in 0..30 {
            let longest = if number == 25 { json!(2) } else { json!(null) };
            let drill = json!({ "name": format!("Drill {number:02}"), "category": "tools", "max_loan_days": longest });
            offered.push(text(&ada.offers(&drill).await.json()["id"]).parse().unwrap());
        }
        let busy = |number: usize| !number.is_multiple_of(5);
        for (number, item) in offered.iter().enumerate().filter(|(number, _)| busy(*number)) {
            let key = id(u128::try_from(number).unwrap());
            client.hold(key, &hold(*item, 1, days(1, 4)), &HeaderMap::new()).await.unwrap();
        }
        let expected: Vec<_> = (0..30)
            .filter(|number| !busy(*number) && *number != 25)
            .map(|number| format!("Drill {number:02}"))
            .collect();
        let query = "available_from=2027-03-12&available_to=2027-03-15&sort=name";
        for limit in [1, 2, 5, 100] {
            let walked = pages(inventory, &format!("{query}&limit={limit}")).await;
            assert!(walked.iter().all(|page| page.len() <= limit));
            assert_eq!(walked.concat(), expected, "{limit}");
        }
        let later = inventory.names("available_from=2027-03-15&available_to=2027-03-18&limit=100").await;
        assert_eq!(later.len(), 29, "one is not lent for three days");
        assert_eq!(inventory.names("available_from=2027-03-09&available_to=2027-03-10").await, [""; 0], "that is over");
    })
    .await;
}

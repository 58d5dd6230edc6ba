use chrono::{DateTime, Utc};
use http::HeaderMap;
use inventory_api::{Availability, Period, ReservationClient};
use serde_json::json;
use vocabulary::ItemId;

use crate::inventory::{Inventory, on_both_at_noon, refused};
use crate::reservations::{days, hold, id, item};

async fn calendar(inventory: &Inventory, item: ItemId, query: &str) -> Availability {
    let path = format!("/api/v1/items/{item}/availability?{query}");
    serde_json::from_value(inventory.anonymous().get(&path).await.expect(200).json()).unwrap()
}

fn frees(calendar: &Availability) -> Vec<u32> {
    calendar.days.iter().map(|day| day.free).collect()
}

#[tokio::test]
async fn a_calendar_shows_what_is_free_each_day() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 3, json!({})).await;
        let client = inventory.reservations();
        // From noon of the 12th to noon of the 14th.
        client.hold(id(1), &hold(item, 2, days(2, 4)), &HeaderMap::new()).await.unwrap();
        let shown = calendar(inventory, item, "from=2027-03-09&to=2027-03-16").await;
        assert_eq!(shown.time_zone, "UTC");
        assert_eq!(shown.days[0].date.to_string(), "2027-03-09");
        assert_eq!(frees(&shown), [0, 3, 3, 1, 1, 1, 3], "yesterday is over");
        assert_eq!(calendar(inventory, item, "").await.days.len(), 31);
        let answer = inventory.anonymous().get(&format!("/api/v1/items/{item}/availability")).await.expect(200);
        assert_eq!(answer.header("cache-groups"), Some(&*format!("\"item:{item}\", \"availability\"")));
        assert!(answer.header("cdn-cache-control").unwrap().starts_with("max-age=5,"));
    })
    .await;
}

#[tokio::test]
async fn days_begin_and_end_where_the_thing_is() {
    on_both_at_noon(async |inventory, _| {
        let client = inventory.reservations();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (number, zone, from, to, bounds, frees_then) in [
            // The days on which clocks are changed, and the days beside them, each held from midnight to midnight.
            (
                1,
                "Europe/Vienna",
                "2027-03-27",
                "2027-03-30",
                ["2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"],
                [1, 0, 1],
            ),
            (
                2,
                "Europe/Vienna",
                "2027-10-30",
                "2027-11-02",
                ["2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z"],
                [1, 0, 1],
            ),
            (
                3,
                "America/New_York",
                "2027-03-13",
                "2027-03-16",
                ["2027-03-14T05:00:00Z", "2027-03-15T04:00:00Z"],
                [1, 0, 1],
            ),
            (
                4,
                "America/New_York",
                "2027-11-06",
                "2027-11-09",
                ["2027-11-07T04:00:00Z", "2027-11-08T05:00:00Z"],
                [1, 0, 1],
            ),
            (
                5,
                "Australia/Sydney",
                "2027-04-03",
                "2027-04-06",
                ["2027-04-03T13:00:00Z", "2027-04-04T14:00:00Z"],
                [1, 0, 1],
            ),
            (
                6,
                "Australia/Sydney",
                "2027-10-02",
                "2027-10-05",
                ["2027-10-02T14:00:00Z", "2027-10-03T13:00:00Z"],
                [1, 0, 1],
            ),
            // A day of 24 hours from the same midnight ends an hour too early or too late.
            (
                7,
                "Europe/Vienna",
                "2027-03-27",
                "2027-03-30",
                ["2027-03-27T23:00:00Z", "2027-03-28T23:00:00Z"],
                [1, 0, 0],
            ),
        ] {
            let pickup = json!({ "label": "Shed", "lat": 0, "lon": 0, "time_zone": zone });
            let item = item(inventory, 1, json!({ "pickup": pickup, "max_loan_days": 1 })).await;
            let period = Period { start: at(bounds[0]), end: at(bounds[1]) };
            client.hold(id(number), &hold(item, 1, period), &HeaderMap::new()).await.unwrap();
            let shown = calendar(inventory, item, &format!("from={from}&to={to}")).await;
            assert_eq!(frees(&shown), frees_then, "{zone} {from}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_sold_is_there_until_it_is_gone_and_what_is_paused_is_not() {
    on_both_at_noon(async |inventory, _| {
        let price = json!({ "amount_minor": 1, "currency": "EUR" });
        let category = inventory.category("Books").await;
        let novel = json!({ "name": "Novel", "category": category, "offer": "sell", "stock": 4, "price": price });
        let made = inventory.member("ada").offers(&novel).await.json();
        let novel: ItemId = made["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(frees(&calendar(inventory, novel, "from=2027-03-09&to=2027-03-12").await), [0, 4, 4]);
        let paused = item(inventory, 1, json!({ "status": "paused" })).await;
        assert_eq!(frees(&calendar(inventory, paused, "from=2027-03-10&to=2027-03-12").await), [0, 0]);
        let draft = item(inventory, 1, json!({ "status": "draft" })).await;
        inventory.anonymous().get(&format!("/api/v1/items/{draft}/availability")).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn days_that_are_none_are_refused() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({})).await;
        let path = format!("/api/v1/items/{item}/availability");
        for (query, pointers) in [
            ("from=2027-01-01&to=2028-01-03", &["to"][..]),
            ("from=2027-01-02&to=2027-01-01", &["to"]),
            ("from=soon&to=later", &["from", "to"]),
            ("from=9999-12-31&to=9999-12-31", &["to"]),
            ("from=-262143-01-01", &["from"]),
        ] {
            let answer = inventory.anonymous().get(&format!("{path}?{query}")).await.expect(422);
            assert_eq!(refused(&answer), pointers, "{query}");
        }
        inventory.anonymous().get(&format!("{path}?day=1")).await.expect(400);
    })
    .await;
}

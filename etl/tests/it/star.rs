use serde_json::{Value, json};
use test_kit::on_every_database;

use crate::source::at;
use crate::support::House;

#[tokio::test]
async fn an_item_has_one_row_for_each_state_and_one_event_for_each_change() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.run().await;
        let current = "SELECT daily_price_minor FROM dim_item WHERE is_current AND item_key <> '-1'";
        house.sources.set_item(20, "daily_price_minor = 700", 60).await;
        house.run_until(current, json!(700)).await;
        // A change of what the warehouse does not know is no new state.
        house.sources.set_item(20, "name = 'another'", 90).await;
        house.run_until("SELECT max(version) FROM raw_items", json!(3)).await;
        house.sources.set_item(20, "status = 'retired'", 120).await;
        house.run_until("SELECT count(*) FROM fact_item_event", json!(3)).await;
        house.sources.run("DELETE FROM items").await;
        house.run_until("SELECT count(*) FROM fact_item_event", json!(4)).await;

        let midnight = |time: &str| json!(format!("2026-03-01T00:{time}.000000Z"));
        let states = "SELECT daily_price_minor, status, valid_from, valid_to, is_current FROM dim_item
                      WHERE item_key <> '-1' ORDER BY valid_from";
        let states = house.rows(states).await;
        assert_eq!(states[0], [json!(500), json!("listed"), midnight("00:00"), midnight("01:00"), json!(false)]);
        assert_eq!(states[1], [json!(700), json!("listed"), midnight("01:00"), midnight("02:00"), json!(false)]);
        assert_eq!(states[2][..3], [json!(700), json!("retired"), midnight("02:00")]);
        assert!(states[2][3].is_string() && states.len() == 3, "{states:?}");

        let events = "SELECT event, owner_key = u.user_key, c.slug FROM fact_item_event f
                      JOIN dim_user u ON u.user_key = f.owner_key AND u.is_current
                      JOIN dim_category c ON c.category_key = f.category_key ORDER BY occurred_at";
        let wanted =
            ["created", "changed", "retired", "deleted"].map(|event| vec![json!(event), json!(true), json!("tools")]);
        assert_eq!(house.rows(events).await, wanted);
    })
    .await;
}

#[tokio::test]
async fn a_category_shows_its_path() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_category(11, "drills", Some(10)).await;
        house.sources.add_category(12, "orphan", Some(99)).await;
        // Two that are each other's parents hang on no root.
        house.sources.add_category(13, "north", Some(14)).await;
        house.sources.add_category(14, "south", Some(13)).await;
        house.run().await;
        let paths = house.rows("SELECT path FROM dim_category WHERE category_key <> '-1' ORDER BY path").await;
        let wanted = ["north", "orphan", "south", "tools", "tools/drills"].map(|path| vec![json!(path)]);
        assert_eq!(paths, wanted);
    })
    .await;
}

#[tokio::test]
async fn what_has_not_arrived_joins_the_row_that_says_so() {
    let house = House::on_engine(test_kit::Engine::Sqlite).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.sources.set_item(20, "category_id = NULL", 0).await;
    house.run().await;
    let sql = "SELECT c.name FROM dim_item i JOIN dim_category c USING (category_key) WHERE item_key <> '-1'";
    assert_eq!(house.value(sql).await, json!("Unknown"));
    for dimension in ["dim_user", "dim_item", "dim_category"] {
        let key = dimension.replace("dim_", "") + "_key";
        let unknown = house.value(&format!("SELECT count(*) FROM {dimension} WHERE {key} = '-1'")).await;
        assert_eq!(unknown, json!(1), "{dimension}");
    }
}

#[tokio::test]
async fn a_key_that_has_not_arrived_is_unknown_until_it_has() {
    let house = House::on_engine(test_kit::Engine::Sqlite).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.run().await;
    let facts = "SELECT f.owner_key = '-1', f.category_key = '-1', i.owner_key = '-1', i.category_key = '-1'
                 FROM fact_item_event f JOIN dim_item i USING (item_key)
                 JOIN dim_user u ON u.user_key = f.owner_key JOIN dim_category c ON c.category_key = f.category_key";
    assert_eq!(house.rows(facts).await, [vec![json!(true); 4]]);
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.run().await;
    assert_eq!(house.rows(facts).await, [vec![json!(false); 4]]);
}

#[tokio::test]
async fn a_user_keeps_the_month_of_joining_as_the_cohort() {
    let house = House::on_engine(test_kit::Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.set_user(1, "status = 'erased'", 60).await;
    house.run().await;
    let sql = "SELECT cohort_month, status, valid_to FROM dim_user WHERE user_key <> '-1'";
    assert_eq!(house.rows(sql).await, [vec![json!("2026-03-01"), json!("erased"), Value::Null]]);
}

#[tokio::test]
async fn each_day_of_an_item_says_what_was_booked_out_and_idle() {
    const DAY: u32 = 86_400;
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.sources.set_item(20, "units = 3", 0).await;
        house.run().await;
        for (number, state, checked_out) in [(30, "returned", true), (31, "confirmed", false), (32, "released", false)]
        {
            house.sources.add_reservation(number, 20, 1).await;
            let (id, from, to) = (house.sources.id(number), at(DAY), at(2 * DAY));
            let span = format!("UPDATE reservations SET starts_at = '{from}', ends_at = '{to}' WHERE id = {id}");
            house.sources.run(&span).await;
            if checked_out {
                house.sources.set_reservation(number, "checked_out", DAY + 60).await;
            }
            // What is returned comes back a day early.
            house.sources.set_reservation(number, state, DAY + 120).await;
        }
        // What is sold has no period, and is not offered for longer by that.
        house.sources.add_reservation(33, 20, 1).await;
        let id = house.sources.id(33);
        house.sources.run(&format!("UPDATE reservations SET starts_at = NULL, ends_at = NULL WHERE id = {id}")).await;
        house.run().await;
        let days = "SELECT date_key, weekday, is_weekend, units, booked, out, idle
                    FROM fact_booking_day JOIN dim_date USING (date_key) ORDER BY date_key";
        // The first of March 2026 is a Sunday.
        let day = |date: u32, weekday: u32, booked: u32, out: u32, idle: u32| {
            vec![json!(date), json!(weekday), json!(weekday > 5), json!(3), json!(booked), json!(out), json!(idle)]
        };
        let wanted = [day(20_260_301, 7, 0, 0, 3), day(20_260_302, 1, 2, 1, 1), day(20_260_303, 2, 0, 0, 3)];
        assert_eq!(house.rows(days).await, wanted);
        let first = house.rows("SELECT year, quarter, month, iso_week, day FROM dim_date ORDER BY day LIMIT 1").await;
        assert_eq!(first, [vec![json!(2026), json!(1), json!(3), json!(9), json!("2026-03-01")]]);
    })
    .await;
}

#[tokio::test]
async fn what_is_overdue_is_out_until_the_newest_load() {
    const DAY: u32 = 86_400;
    let house = House::on_engine(test_kit::Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.sources.set_item(20, "units = 3", 0).await;
    // Due on the first day, and not brought back.
    house.sources.add_reservation(30, 20, 1).await;
    house.sources.set_reservation(30, "checked_out", 1).await;
    house.run().await;
    // Two days later a load has news of something else, so it is known to be out still.
    house.hands.advance(std::time::Duration::from_secs(2 * u64::from(DAY)));
    house.sources.add_reservation(31, 20, 1).await;
    let (id, from, to) = (house.sources.id(31), at(3 * DAY), at(4 * DAY));
    house.sources.run(&format!("UPDATE reservations SET starts_at = '{from}', ends_at = '{to}' WHERE id = {id}")).await;
    house.run().await;
    let days =
        "SELECT date_key, booked, out, idle FROM fact_booking_day JOIN dim_date USING (date_key) ORDER BY date_key";
    let day = |day: u32, booked: u32, out: u32, idle: u32| {
        vec![json!(20_260_300 + day), json!(booked), json!(out), json!(idle)]
    };
    // Of later days that is not known.
    let wanted = [day(1, 1, 1, 2), day(2, 0, 1, 2), day(3, 0, 1, 2), day(4, 1, 0, 2), day(5, 0, 0, 3)];
    assert_eq!(house.rows(days).await, wanted);
    // It had come back a day before.
    house.sources.set_reservation(30, "returned", DAY + 60).await;
    house.run().await;
    assert_eq!(house.rows(days).await[1..3], [day(2, 0, 1, 2), day(3, 0, 0, 3)]);
}

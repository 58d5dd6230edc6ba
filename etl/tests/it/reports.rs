use etl::{NamedReport, REPORTS};
use serde_json::json;
use test_kit::Engine;

use crate::support::House;

#[tokio::test]
async fn every_report_answers_on_an_empty_warehouse() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    for report in REPORTS {
        assert!(report.about().ends_with('.'), "{} says what it is", report.name);
        let answer = house.warehouse.report(report).await.unwrap_or_else(|error| panic!("{}: {error}", report.name));
        assert!(answer.rows.is_empty() && !answer.columns.is_empty(), "{}", report.name);
    }
}

#[tokio::test]
async fn what_was_lent_is_reported() {
    let house = House::on_engine(Engine::Sqlite).await;
    for user in 1..=2 {
        house.sources.add_user(user).await;
    }
    house.sources.add_category(10, "tools", None).await;
    for item in [20, 21, 22] {
        house.sources.add_item(item, 1, 10, 500).await;
    }
    for (number, item) in [(30, 20), (33, 22)] {
        house.sources.add_reservation(number, item, 2).await;
        for (state, second) in [("confirmed", 1), ("checked_out", 2), ("returned", 86_402)] {
            house.sources.set_reservation(number, state, second).await;
        }
    }
    house.sources.add_reservation(31, 20, 2).await;
    house.sources.set_reservation(31, "released", 5).await;
    // The first load knows only how things ended: what came back counts from when it was to begin.
    house.run().await;
    house.sources.add_reservation(32, 20, 2).await;
    for (state, second) in [("checked_out", 2), ("returned", 86_402)] {
        house.sources.set_reservation(32, state, second).await;
    }
    house.run().await;
    let report = async |name: &str| house.warehouse.report(NamedReport::named(name).unwrap()).await.unwrap();
    let most_lent = report("most_lent").await;
    assert_eq!(most_lent.rows.len(), 2);
    assert_eq!(most_lent.rows[0][1..5], [json!("tools"), json!(2), json!(2), json!(2.0)]);
    assert_eq!(most_lent.rows[1][1..5], [json!("tools"), json!(1), json!(1), json!(1.0)]);
    assert_eq!(report("idle_items").await.rows.len(), 1, "two of three were lent, one of them before the first load");
    assert_eq!(report("late_returns").await.rows, [[json!("tools"), json!(3), json!(3), json!(1.0)]]);
    let month = json!("2026-03-01");
    assert_eq!(report("demand").await.rows, [[json!("tools"), month.clone(), json!(4), json!(3), json!(0), json!(1)]]);
    assert_eq!(report("members").await.rows, [[month.clone(), json!(2), json!(1), json!(1)]]);
    assert_eq!(report("active_members").await.rows, [[month, json!(1), json!(1), json!(3)]]);
    assert_eq!(report("owners").await.rows[0][1..], [json!(3), json!(3)]);
    assert_eq!(report("top_borrowers").await.rows[0][1..3], [json!(3), json!(3)]);
    assert!(most_lent.to_csv().starts_with("item_key,category,times_lent,units_lent,days_out,last_lent_at\r\n"));
}

#[tokio::test]
async fn what_was_sold_or_never_set_aside_was_not_lent() {
    let house = House::on_engine(Engine::Sqlite).await;
    for user in 1..=2 {
        house.sources.add_user(user).await;
    }
    house.sources.add_category(10, "tools", None).await;
    for item in [20, 21] {
        house.sources.add_item(item, 1, 10, 500).await;
    }
    for (number, runs_before) in [(30, true), (31, false)] {
        if runs_before {
            house.run().await;
        }
        house.sources.add_reservation(number, 21, 2).await;
        let id = house.sources.id(number);
        // What is sold has no period.
        house.sources.run(&format!("UPDATE reservations SET starts_at = NULL, ends_at = NULL WHERE id = {id}")).await;
        for state in ["confirmed", "checked_out"] {
            house.sources.set_reservation(number, state, 1).await;
        }
        // What was released before it was set aside is remembered under its id, and that is all.
        let (id, at) = (house.sources.id(number + 10), crate::source::at(0));
        let buried = "INSERT INTO reservations (id, units, state, version, created_at, updated_at)";
        house.sources.run(&format!("{buried} VALUES ({id}, 0, 'released', 1, '{at}', '{at}')")).await;
    }
    house.run().await;
    assert_eq!(house.value("SELECT count(*) FROM fact_reservation").await, json!(2));
    assert_eq!(
        house.report("demand").await,
        [[json!("tools"), json!("2026-03-01"), json!(2), json!(0), json!(2), json!(0)]]
    );
    for report in ["most_lent", "top_borrowers", "late_returns", "active_members"] {
        assert!(house.report(report).await.is_empty(), "{report}");
    }
    assert_eq!(house.report("idle_items").await.len(), 1, "what was sold is not idle");
    assert_eq!(house.report("owners").await[0][1..], [json!(2), json!(0)]);
    assert_eq!(house.report("members").await, [[json!("2026-03-01"), json!(2), json!(1), json!(0)]]);
}

#[tokio::test]
async fn what_is_still_out_counts_until_the_newest_load() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_item(20, 1, 10, 500).await;
    // It is due at the tenth second of the test's day, and the load is half a day later.
    house.sources.add_reservation(30, 20, 1).await;
    house.sources.set_reservation(30, "checked_out", 60).await;
    house.run().await;
    assert_eq!(house.report("most_lent").await[0][4], json!(0.5));
}

#[tokio::test]
async fn every_report_answers_of_more_than_a_few_rows() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_item(20, 1, 10, 500).await;
    let (one, item, at) = (house.sources.id(1), house.sources.id(20), crate::source::at(0));
    let many = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 40000)
         INSERT INTO reservations (id, item_id, borrower_id, units, starts_at, ends_at, state, version, created_at, updated_at)
         SELECT unhex(printf('0190000000007000800000%010x', n)), {item}, {one}, 1, '{at}', '{at}', 'checked_out', 1, '{at}',
            '{at}' FROM numbers"
    );
    house.sources.run(&many).await;
    house.run().await;
    for report in REPORTS {
        let answer = house.warehouse.report(report).await;
        assert!(answer.is_ok(), "{}: {answer:?}", report.name);
    }
    assert_eq!(house.report("most_lent").await[0][2], json!(40_000));
}

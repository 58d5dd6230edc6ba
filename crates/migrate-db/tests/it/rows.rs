use migrate_db::{MoveError, Moved, State, Step};

use crate::pair::Pair;

/// A name whose bytes are none of a UUID.
const BREAK: &str = "PRAGMA foreign_keys = OFF; UPDATE parts SET thing = 'no id' WHERE seq = 4";

const MEND: &str = "UPDATE parts SET thing = x'00000000000000000000000000000004' WHERE seq = 4";

#[tokio::test]
async fn every_row_is_there_afterwards_and_every_counter_goes_on() {
    let pair = Pair::filled().await;
    assert_eq!(pair.state().await.unwrap(), State::Empty, "what a service makes at its first start is nobody's");
    let (moved, steps) = pair.go().await.unwrap();
    assert_eq!(moved, Moved::Now);
    let tables = ["keys", "things", "parts"];
    for (table, rows) in tables.into_iter().zip([1, 5, 5]) {
        let table = table.to_owned();
        assert!(steps.contains(&Step::Copied { table: table.clone(), rows }), "{steps:?}");
        assert!(steps.contains(&Step::Verified { table, rows }), "{steps:?}");
    }
    assert_eq!(steps.len(), 2 * tables.len(), "{steps:?}");

    let micros = "SELECT (extract(epoch FROM made_at) * 1000000)::bigint FROM things WHERE amount = -3";
    assert_eq!(pair.number(micros).await, 1_795_298_055_123_456);
    for (what, sql) in [
        ("the parent", "SELECT count(*) FROM things c JOIN things p ON p.id = c.parent WHERE p.name = '{}'"),
        ("JSON", "SELECT count(*) FROM things WHERE more = '{\"a\": [null, \"x\"], \"b\": 1}' AND doubled = -6"),
        (
            "floats",
            "SELECT count(*) FROM things WHERE share = 0.1::float8 OR name IS NULL AND share IS NULL AND NOT fine",
        ),
        ("bytes", r"SELECT count(*) FROM things WHERE bytes = '\x00ff'"),
        ("the key that was there", "SELECT count(*) FROM keys WHERE kid = 'the one that signs'"),
    ] {
        assert!(pair.number(sql).await >= 1, "{what}");
    }
    assert_eq!(pair.number("SELECT count(*) FROM notes").await, 0, "triggers note nothing twice");
    pair.on_target("INSERT INTO parts (thing) SELECT id FROM things LIMIT 1").await;
    assert_eq!(pair.number("SELECT count(*) FROM notes").await, 1, "and are back");
    assert_eq!(
        pair.number("SELECT max(seq) FROM parts").await,
        7,
        "the number of the row that is gone is not given again"
    );
    assert_eq!(pair.number("SELECT nextval('numbers')").await, 42);
    assert_eq!(pair.number("SELECT count(*) FROM seaql_migrations").await, 1, "a service starts on it");
    assert_eq!(pair.go().await.unwrap(), (Moved::Before, Vec::new()));
}

#[tokio::test]
async fn a_move_that_was_cut_short_goes_on_where_it_was() {
    let pair = Pair::filled().await;
    pair.on_source(BREAK).await;
    let refusal = pair.go().await.unwrap_err();
    assert!(matches!(&refusal, MoveError::Value { table, row: 4, .. } if table == "parts"), "{refusal}");
    assert_eq!(pair.state().await.unwrap(), State::Begun);
    let unfinished = "SELECT count(*) FROM seaql_migrations WHERE version LIKE 'unfinished%'";
    assert_eq!(pair.number(unfinished).await, 1, "no service starts on it");
    assert_eq!(pair.number("SELECT count(*) FROM parts").await, 2, "the batch before");
    pair.on_source(MEND).await;
    let (moved, steps) = pair.go().await.unwrap();
    assert_eq!(moved, Moved::Now);
    assert!(steps.contains(&Step::Verified { table: "parts".to_owned(), rows: 5 }), "{steps:?}");
    assert_eq!(pair.number(unfinished).await, 0);
}

#[tokio::test]
async fn a_row_that_is_not_the_same_on_both_sides_is_noticed_by_table() {
    for change in ["UPDATE things SET share = 0.2 WHERE amount = -3", "UPDATE things SET name = NULL WHERE name = ''"] {
        let pair = Pair::filled().await;
        pair.on_source(BREAK).await;
        pair.go().await.unwrap_err();
        pair.on_source(MEND).await;
        pair.on_target(change).await;
        let refusal = pair.go().await.unwrap_err();
        assert!(matches!(&refusal, MoveError::Different { table, .. } if table == "things"), "{refusal}");
        assert_eq!(pair.state().await.unwrap(), State::Begun, "and no service starts on it");
    }
}

use std::path::Path;

use migrate_db::{MoveError, Source, Target};
use sqlx::{Connection, Executor as _, PgConnection};

use crate::pair::Pair;

#[tokio::test]
async fn a_target_with_rows_of_others_is_refused_and_left_alone() {
    let pair = Pair::filled().await;
    pair.on_target("INSERT INTO things (id, fine, made_at) VALUES (gen_random_uuid(), true, now())").await;
    let refusal = pair.state().await.unwrap_err();
    assert!(matches!(&refusal, MoveError::HasRows { tables, .. } if tables == "things"), "{refusal}");
}

#[tokio::test]
async fn a_target_with_part_of_another_move_is_refused() {
    let pair = Pair::filled().await;
    pair.go().await.unwrap();
    pair.on_source("INSERT INTO notes DEFAULT VALUES").await;
    let refusal = pair.go().await.unwrap_err();
    assert!(matches!(refusal, MoveError::OtherMove { .. }), "the source went on: {refusal}");
}

#[tokio::test]
async fn a_source_of_another_version_is_refused_by_the_migration() {
    let pair = Pair::filled().await;
    pair.on_source("INSERT INTO seaql_migrations VALUES ('m9', 0)").await;
    let refusal = pair.go().await.unwrap_err();
    assert!(matches!(&refusal, MoveError::NewerSource { migration } if migration == "m9"), "{refusal}");
    pair.on_source("DELETE FROM seaql_migrations").await;
    let refusal = pair.go().await.unwrap_err();
    assert!(matches!(&refusal, MoveError::OlderSource { migration } if migration == "m1"), "{refusal}");
}

#[tokio::test]
async fn what_has_no_place_on_the_other_side_is_named() {
    for (change, named) in [
        ("CREATE TABLE stray (id integer)", "stray"),
        ("ALTER TABLE parts ADD COLUMN extra text", "parts.extra"),
        ("ALTER TABLE keys RENAME COLUMN kid TO id", "keys.kid"),
    ] {
        let pair = Pair::filled().await;
        pair.on_source(change).await;
        let refusal = pair.go().await.unwrap_err();
        assert!(matches!(&refusal, MoveError::Schema { what } if what == named), "{refusal}");
    }
}

#[tokio::test]
async fn a_source_that_somebody_has_open_is_refused() {
    let pair = Pair::filled().await;
    let mut reader = pair.reader().await;
    reader.execute("SELECT * FROM things").await.unwrap();
    let refusal = Source::open(&pair.path()).await.unwrap_err();
    assert!(matches!(refusal, MoveError::InUse { .. }), "{refusal}");
    drop(reader);
    test_kit::wait_until("the reader to let go", std::time::Duration::from_secs(10), async || {
        Source::open(&pair.path()).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_source_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = Source::open(&folder.path().join("missing.db")).await.unwrap_err();
    assert!(matches!(refusal, MoveError::NoFile { .. }), "{refusal}");
    let path = folder.path().join("text.db");
    std::fs::write(&path, "no database at all ".repeat(99)).unwrap();
    let refusal = Source::open(&path).await.unwrap_err();
    assert!(matches!(refusal, MoveError::NotADatabase { .. }), "{refusal}");
}

#[tokio::test]
async fn a_target_that_cannot_be_reached_is_told_apart_from_one_that_refuses() {
    let pair = Pair::filled().await;
    let (server, _) = pair.url().rsplit_once('/').unwrap();
    for (url, expected) in [
        ("nowhere".to_owned(), "not understood"),
        ("mysql://me@localhost/x".to_owned(), "not understood"),
        // Nobody listens there (tcpmux, RFC 1078).
        ("postgres://me:secret@127.0.0.1:1/x".to_owned(), "nobody answers at 127.0.0.1:1/x"),
        (format!("{server}/none_of_this_name"), "there is no database"),
        (with_user(pair.url(), "nobody_of_this_name"), "refuses the user or the password"),
    ] {
        let refusal = Target::connect(&url).await.unwrap_err().to_string();
        assert!(refusal.contains(expected) && !refusal.contains("secret"), "{url}: {refusal}");
    }
    assert!(Path::new(&pair.path()).exists());
}

#[tokio::test]
async fn a_target_that_its_user_is_working_on_is_refused() {
    let pair = Pair::filled().await;
    let service = PgConnection::connect(pair.url()).await.unwrap();
    let refusal = pair.go().await.unwrap_err();
    assert!(matches!(refusal, MoveError::Busy { .. }), "{refusal}");
    drop(service);
    pair.go().await.unwrap();
}

/// The address with another user in it.
fn with_user(url: &str, user: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (_, place) = rest.split_once('@').unwrap_or(("", rest));
    format!("{scheme}://{user}@{place}")
}

//! The commands of the program, as operators give them.

use std::process::Output;

use serde_json::{Value, json};
use test_kit::Engine;

use crate::faults::service;
use crate::support::House;

/// What the program said to these words, and how it ended.
fn etl(house: &House, arguments: &[&str]) -> Output {
    service(&house.config).args(arguments).output().unwrap()
}

/// What it printed where it ended well.
fn told(house: &House, arguments: &[&str]) -> String {
    let output = etl(house, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    assert_eq!(said, "", "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The words of the line of a table that begins with this one.
fn line<'a>(text: &'a str, first: &str) -> Vec<&'a str> {
    let lines = text.lines().map(|line| line.split([' ', '|', '│', '┆']).filter(|word| !word.is_empty()).collect());
    lines.into_iter().find(|words: &Vec<_>| words.first() == Some(&first)).unwrap_or_else(|| panic!("{first}: {text}"))
}

#[tokio::test]
async fn a_run_and_its_outcome_are_shown_in_tables() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    assert!(told(&house, &["status"]).contains("The warehouse is empty; `lendery etl run` fills it."));
    let run = told(&house, &["run"]);
    assert_eq!(line(&run, "raw_users")[..4], ["raw_users", "first", "1", "0"], "{run}");
    assert!(run.contains("Batch 1 in "), "{run}");
    let again: Value = serde_json::from_str(&told(&house, &["run", "--json"])).unwrap();
    assert_eq!((&again["batch"], &again["tables"][0]["kind"]), (&json!(1), &json!("unchanged")));
    let status = told(&house, &["status"]);
    assert!(status.contains("succeeded") && status.contains("Batch 1:"), "{status}");
    assert!(status.contains("It has not been compared with its sources yet."), "{status}");
}

#[tokio::test]
async fn reconcile_ends_with_1_where_a_table_differs_and_names_the_key() {
    let house = House::on_engine(Engine::Sqlite).await;
    let empty = etl(&house, &["reconcile"]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&empty.stderr).starts_with("error: the warehouse holds no batch yet"));
    house.sources.add_user(1).await;
    house.sources.add_user(2).await;
    told(&house, &["run"]);
    let equal = told(&house, &["reconcile"]);
    assert_eq!(line(&equal, "raw_users"), ["raw_users", "equal", "2", "2", "0"], "{equal}");
    assert!(equal.contains("Batch 1 beside its sources."), "{equal}");
    assert!(told(&house, &["status"]).trim_end().ends_with(": equal."), "what came of it is kept");

    house.sources.run("DROP TRIGGER etl_delete_users").await;
    house.sources.run(&format!("DELETE FROM users WHERE id = {}", house.sources.id(2))).await;
    let different = etl(&house, &["reconcile"]);
    let text = String::from_utf8(different.stdout).unwrap();
    assert_eq!((different.status.code(), String::from_utf8(different.stderr).unwrap().as_str()), (Some(1), ""));
    assert_eq!(line(&text, "raw_users"), ["raw_users", "DIFFERENT", "1", "2", "0"], "{text}");
    assert!(text.contains("not in the source") && text.contains("To fill a table anew"), "{text}");
    let as_json = etl(&house, &["reconcile", "--json"]);
    let document: Value = serde_json::from_slice(&as_json.stdout).unwrap();
    assert_eq!((as_json.status.code(), &document["tables"][0]["verdict"]), (Some(1), &json!("different")));
    assert_eq!(document["tables"][0]["differences"][0]["what"], json!("surplus"));
    assert!(told(&house, &["status"]).trim_end().ends_with(": different."));
}

#[tokio::test]
async fn schedule_shows_when_runs_are_due() {
    let house = House::on_engine(Engine::Sqlite).await;
    let shown = |schedule: &str| {
        let output = service(&house.config).env("LENDERY_ETL_SCHEDULE", schedule).arg("schedule").output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text, said) = shown("30 4 * * *");
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(text.starts_with("Schedule 30 4 * * *; no run has ended well yet. Runs are due:"), "{text}");
    let moments: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(moments.len(), 5, "{text}");
}

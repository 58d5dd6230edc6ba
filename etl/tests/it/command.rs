//! The commands of the program, as operators give them.

use std::process::{Command, Output, Stdio};

use etl::{EtlError, Outcome, REPORTS};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use test_kit::{Engine, wait_until};
use vocabulary::Secret;

use crate::faults::service;
use crate::stall::in_a_bucket;
use crate::support::{DEADLINE, House};

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

/// What it said on standard error where it ended with 1, and printed nothing.
fn refused(house: &House, arguments: &[&str]) -> String {
    let output = etl(house, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{arguments:?}: {said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "one sentence: {said}");
    said
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
async fn a_terminal_is_told_how_far_a_command_is() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    // A house that takes no orders has four tables.
    for (orders, all) in [(false, "0/4 tables"), (true, "0/8 tables")] {
        for command in ["run", "reconcile"] {
            let of_orders = if orders { house.sources.url.expose() } else { "" };
            let line = format!("{} {command}", env!("CARGO_BIN_EXE_etl"));
            // Which gives a program a terminal.
            let mut terminal = Command::new("script");
            terminal
                .args(["--quiet", "--return", "--command", &line, "/dev/null"])
                .env("TERM", "xterm")
                .stdin(Stdio::null());
            terminal.envs(service(&house.config).get_envs().filter_map(|(key, value)| Some((key, value?))));
            for service in ["ORDERS", "PAYMENTS"] {
                terminal.env(format!("LENDERY_ETL_{service}_DATABASE_URL"), of_orders);
            }
            let output = terminal.output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success() && said.contains(all), "{line}: {said}");
        }
    }
    assert!(!told(&house, &["run"]).contains("tables,"), "a file is told what came of it alone");
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
async fn the_answer_to_a_query_is_a_table_csv_or_json() {
    let house = House::on_engine(Engine::Sqlite).await;
    let sql = "SELECT slug, name, parent_id, version FROM raw_categories ORDER BY slug";
    assert!(refused(&house, &["query", sql]).contains("holds no batch yet; run it once first"));
    house.sources.add_category(10, "saws, drills", None).await;
    house.sources.add_category(11, "tents", None).await;
    told(&house, &["run"]);

    let table = told(&house, &["query", sql]);
    assert_eq!(line(&table, "slug"), ["slug", "name", "parent_id", "version"], "{table}");
    assert_eq!(line(&table, "tents"), ["tents", "The", "tents", "1"], "{table}");
    let csv = told(&house, &["query", "--format", "csv", sql]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines, ["slug,name,parent_id,version", r#""saws, drills","The saws, drills",,1"#, "tents,The tents,,1"]);
    let rows: Value = serde_json::from_str(&told(&house, &["query", "--format", "json", sql])).unwrap();
    let row = |slug: &str| json!({"slug": slug, "name": format!("The {slug}"), "parent_id": null, "version": 1});
    assert_eq!(rows, json!([row("saws, drills"), row("tents")]));
}

#[tokio::test]
async fn a_query_that_is_refused_ends_with_1_and_one_of_more_rows_says_so() {
    let house = House::on_engine(Engine::Sqlite).await;
    told(&house, &["run"]);
    for (sql, reason) in [
        ("SELECT nothing FROM raw_users", "nothing"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("DROP TABLE raw_users", "it may only read"),
    ] {
        let said = refused(&house, &["query", sql]);
        assert!(said.contains("the query is not accepted") && said.contains(reason), "{said}");
    }
    let many = etl(&house, &["query", "--format", "csv", "SELECT value FROM generate_series(1, 10001)"]);
    assert!(many.status.success());
    assert_eq!(String::from_utf8(many.stdout).unwrap().lines().count(), 10_001, "a header and the first rows");
    let said = String::from_utf8(many.stderr).unwrap();
    assert_eq!(said, "These are the first 10000 rows; narrow the query to see the others.\n");
    assert_eq!(etl(&house, &["query"]).status.code(), Some(2), "words that are no command's");
}

#[tokio::test]
async fn reports_are_listed_and_shown_as_a_table_or_csv() {
    let house = House::on_engine(Engine::Sqlite).await;
    for report in REPORTS {
        assert_eq!(line(&told(&house, &["report"]), report.name)[0], report.name);
    }
    let unknown = refused(&house, &["report", "weather"]);
    assert!(unknown.contains("there is no report `weather`; the reports are active_members, "), "{unknown}");
    assert!(refused(&house, &["report", "owners"]).contains("run it once first"));
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_item(20, 1, 10, 500).await;
    told(&house, &["run"]);
    assert_eq!(line(&told(&house, &["report", "owners"]), "owner_key"), ["owner_key", "items", "times_lent"]);
    let csv = told(&house, &["report", "owners", "--csv"]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "owner_key,items,times_lent"));
    assert!(lines[1].ends_with(",1,0"), "{csv}");
}

#[tokio::test]
async fn maintain_says_which_batch_is_tidied_and_what_is_missing() {
    let house = House::on_engine(Engine::Sqlite).await;
    assert!(refused(&house, &["maintain"]).contains("holds no batch yet; run it once first"));
    house.sources.add_user(1).await;
    told(&house, &["run"]);
    let tidied = told(&house, &["maintain"]);
    assert!(tidied.starts_with("Batch ") && tidied.ends_with(" has every table tidied.\n"), "{tidied}");
    let count = "SELECT count(*) AS users FROM raw_users";
    assert_eq!(told(&house, &["query", "--format", "csv", count]).lines().last(), Some("1"), "it is there as before");
}

#[tokio::test]
async fn a_question_may_be_deep() {
    let house = House::on_engine(Engine::Sqlite).await;
    told(&house, &["run"]);
    // As long as one may be it would take minutes here, where nothing is optimised.
    let sum = format!("SELECT 1{} AS sum", "+1".repeat(2_000));
    assert_eq!(told(&house, &["query", "--format", "csv", &sum]).lines().last(), Some("2001"));
}

#[tokio::test]
async fn what_is_there_is_told_although_the_database_of_runs_cannot_be_used() {
    let mut house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    told(&house, &["run"]);
    house.config.database_url = Secret::new("sqlite:/nowhere/etl.db");
    let count = "SELECT count(*) AS users FROM raw_users";
    assert_eq!(told(&house, &["query", "--format", "csv", count]).lines().last(), Some("1"));
    assert!(told(&house, &["report", "members"]).contains("2026"));
    assert!(refused(&house, &["run"]).contains("/nowhere/etl.db"));
}

#[tokio::test]
async fn every_command_names_a_bucket_that_does_not_answer_and_the_setting() {
    let house = House::on_engine(Engine::Sqlite).await;
    let sql = "SELECT 1";
    for words in [&["run"][..], &["status"], &["query", sql], &["report", "owners"], &["reconcile"], &["maintain"]] {
        let output = service(&in_a_bucket(&house, "http://127.0.0.1:1")).args(words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{words:?}: {said}");
        assert!(said.starts_with("error: the warehouse s3://lake/warehouse cannot be used: "), "{words:?}: {said}");
        assert!(said.contains("warehouse_options") && said.lines().count() == 1, "{words:?}: {said}");
        assert!(!said.contains("planted-key"), "{words:?}: {said}");
    }
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

#[tokio::test]
async fn who_reads_only_the_beginning_of_an_answer_is_no_failure() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    let mut command = service(&house.config);
    let mut child = command.args(["query", "SELECT 1"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[tokio::test]
async fn a_run_that_is_interrupted_gives_its_lease_back() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_user(1).await;
    let mut lock = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    lock.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut command = service(&house.config);
    let child = command.arg("run").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the run to begin", DEADLINE, async || {
        let runs = house.warehouse.status().await.unwrap().runs;
        runs.first().is_some_and(|run| run.outcome == Outcome::Running)
    })
    .await;
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {}\n", EtlError::Stopped));
    lock.execute("ROLLBACK").await.unwrap();
    // Its lease would last a minute, and the next run's clock stands still.
    house.run().await;
}

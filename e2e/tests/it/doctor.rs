//! `lendery doctor` on a production topology of which nothing is as it should be.

use std::path::Path;

use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use test_kit::process::Process;
use test_kit::{Engine, TestDatabase, wait_until};

use crate::platform::{START, command};

/// Nobody listens there (tcpmux, RFC 1078).
const NOBODY: &str = "127.0.0.1:1";

#[tokio::test]
async fn everything_that_is_wrong_with_a_topology_is_named_with_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, empty, half] = [database().await, database().await, database().await];
    migrations(whole.url(), "m0001_users").await;
    migrations(half.url(), "unfinished: run lendery migrate-db again").await;
    let (front, place) = whole.url().rsplit_once('@').unwrap();
    let user = front.rsplit_once("//").unwrap().1.split(':').next().unwrap();
    for (name, url) in [
        ("users", whole.url().to_owned()),
        ("inventory", format!("postgres://{user}:wrong@{place}")),
        ("payments", empty.url().to_owned()),
        ("orders", half.url().to_owned()),
        ("etl", format!("postgres://me:hidden@{NOBODY}/etl")),
    ] {
        std::fs::write(folder.path().join(format!("{name}-database-url")), url).unwrap();
    }
    let port = free_port();
    let mut redis = test_kit::process::command("redis-server");
    redis.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder.path());
    let _redis = Process::start(&mut redis);
    wait_until("Redis to listen", START, async || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()).await;

    let folder = folder.path().to_str().unwrap();
    let (node, ops) = (format!("redis://127.0.0.1:{port}"), format!("http://{NOBODY}"));
    let findings = examined(&["--secrets", folder, "--redis", &node, "--ops", &ops], 1).await;
    for (what, health, words) in [
        ("database users", "ok", "takes writes"),
        ("database inventory", "problem", "refuses the user or the password"),
        ("database payments", "problem", "has no tables"),
        ("database orders", "problem", "run the same `lendery migrate-db` again"),
        ("database etl", "problem", "nobody answers at 127.0.0.1:1"),
        ("clock", "ok", "agrees"),
        ("redis", "problem", "is no cluster"),
        (ops.as_str(), "problem", "does not answer"),
    ] {
        let found =
            findings.iter().find(|finding| finding["what"] == what).unwrap_or_else(|| panic!("{what}: {findings:?}"));
        let text = found["text"].as_str().unwrap();
        assert!(found["health"] == health && text.contains(words) && !text.contains("hidden"), "{found}");
    }
    let nodes = format!("redis://{NOBODY}");
    assert_eq!(examined(&["--redis", &nodes], 1).await.len(), 1);
}

/// What the doctor finds, with the exit code that says the worst of it.
async fn examined(arguments: &[&str], code: i32) -> Vec<Value> {
    let output = command(Path::new("nowhere"), &[&["doctor", "--json"], arguments].concat()).await;
    assert_eq!(output.status.code(), Some(code));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    document["findings"].as_array().unwrap().clone()
}

async fn database() -> TestDatabase {
    TestDatabase::on(Engine::Postgres).await
}

async fn migrations(url: &str, version: &str) {
    let connection = Database::connect(url).await.unwrap();
    let tables = "CREATE TABLE seaql_migrations (version text PRIMARY KEY, applied_at bigint NOT NULL)";
    connection.execute_unprepared(tables).await.unwrap();
    connection.execute_unprepared(&format!("INSERT INTO seaql_migrations VALUES ('{version}', 0)")).await.unwrap();
    connection.close().await.unwrap();
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

//! What a service does that cannot start: it ends at once with one sentence that names what is wrong, and no secret.

use std::net::TcpListener;
use std::process::Command;

use test_kit::{Engine, TestDatabase};

use crate::programs::{finished, program, text};

/// The services with a database, each with the beginning of its variables.
const SERVICES: [(&str, &str); 4] = [
    ("user-service", "LENDERY_USERS"),
    ("inventory-service", "LENDERY_INVENTORY"),
    ("payment-service", "LENDERY_PAYMENTS"),
    ("order-service", "LENDERY_ORDERS"),
];

/// Nobody listens there (tcpmux, RFC 1078).
const NOBODY: &str = "127.0.0.1:1";

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let (front, place) = database.url().rsplit_once('@').unwrap();
    let user = front.rsplit_once("//").unwrap().1.split(':').next().unwrap();
    let (server, _) = place.rsplit_once('/').unwrap();
    for (name, prefix) in SERVICES {
        for (url, word) in [
            (format!("postgres://{user}:hidden@{NOBODY}/users"), NOBODY),
            (format!("postgres://{user}:hidden@{place}"), "password authentication failed"),
            (format!("{front}@{server}/none_of_this_name"), "none_of_this_name"),
            ("somewhere".to_owned(), "postgres://user:password@host/database"),
        ] {
            let mut command = service(name, prefix, "127.0.0.1:0");
            command.env(format!("{prefix}_DATABASE_URL"), &url);
            refused(command, word).await;
        }
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    for (name, prefix) in SERVICES {
        let mut command = service(name, prefix, &address);
        command.env(format!("{prefix}_DATABASE_URL"), format!("sqlite:{}", folder.path().join(name).display()));
        refused(command, &format!("cannot listen on {address}")).await;
    }
    let mut gateway = service("gateway", "LENDERY_GATEWAY", &address);
    gateway.env("LENDERY_GATEWAY_UPSTREAMS", format!("users=http://{NOBODY},inventory=http://{NOBODY}"));
    refused(gateway, &format!("cannot listen on {address}")).await;
}

fn service(name: &str, prefix: &str, listen: &str) -> Command {
    let mut command = program(name);
    command.env(format!("{prefix}_LISTEN"), listen).env(format!("{prefix}_OPS_LISTEN"), "127.0.0.1:0");
    command.env(format!("{prefix}_LOG_FILTER"), "error");
    command.env(format!("{prefix}_SERVICE_CREDENTIAL"), "a-credential-for-this-test-only");
    command
}

/// It ends with 1, and its last words are one sentence with `word` in it.
async fn refused(command: Command, word: &str) {
    let output = finished(command).await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: ") && last.contains(word) && !said.contains("hidden"), "no {word:?} in {said}");
}

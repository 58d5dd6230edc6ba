use std::env;
use std::process::Command;
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use test_kit::postgres::Server;
use test_kit::process::Process;
use test_kit::wait_until;

const DEADLINE: Duration = Duration::from_secs(30);

async fn setting(url: &str, name: &str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(&mut connection).await.unwrap()
}

async fn refuses_connections(url: &str) -> bool {
    matches!(PgConnection::connect(url).await, Err(sqlx::Error::Io(_)))
}

#[tokio::test]
async fn a_dropped_server_is_gone_with_its_directory() {
    let server = Server::start(&[]);
    let url = server.url().to_owned();
    let data = setting(&url, "data_directory").await;
    assert!(std::fs::exists(&data).unwrap());
    drop(server);
    assert!(refuses_connections(&url).await);
    assert!(!std::fs::exists(&data).unwrap());
}

#[tokio::test]
async fn a_server_trades_durability_for_speed_unless_it_is_asked_not_to() {
    let fast = Server::start(&[]);
    let durable = Server::start(&["fsync=on"]);
    assert_eq!(setting(fast.url(), "fsync").await, "off");
    assert_eq!(setting(durable.url(), "fsync").await, "on");
}

#[tokio::test]
async fn a_server_does_not_outlive_a_killed_process() {
    let holder = "servers::holds_a_server_until_it_is_killed";
    let arguments = ["--ignored", "--exact", "--nocapture", holder];
    let mut process = Process::start(Command::new(env::current_exe().unwrap()).args(arguments));
    let line = process.stdout_line("server ", DEADLINE).await;
    let url = line.strip_prefix("server ").unwrap();
    let data = setting(url, "data_directory").await;
    process.kill();
    wait_until("the server's directory is gone", DEADLINE, async || !std::fs::exists(&data).unwrap()).await;
    assert!(refuses_connections(url).await);
}

/// The victim of the test above.
#[test]
#[ignore = "runs until it is killed"]
fn holds_a_server_until_it_is_killed() {
    let server = Server::start(&[]);
    println!("\nserver {}", server.url());
    loop {
        std::thread::park();
    }
}

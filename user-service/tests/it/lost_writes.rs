//! The hazard of sqlx (issue 4393) on PostgreSQL, shown and then absent: a future that is dropped while it begins a
//! transaction gives its connection back with the transaction open, and later writes on it are acknowledged and lost.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn;
use axum::routing::{patch, post};
use reqwest::Method;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use serde_json::json;
use service_kit::serve::{Limits, serve, uncancelled};
use test_kit::http::{Client, send};
use test_kit::{Engine, TestDatabase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::app::TestApp;

/// How often a handler is woken before its client is gone: at most so often, and each time stands for another moment.
const MOMENTS: usize = 12;

/// Rounds of the control until it has shown the hazard.
const MOST_ROUNDS: usize = 20;

/// Drives `handler` and drops it where it waits for the `moment`th time, as a server does when the client hangs up.
async fn until_gone(handler: impl Future<Output = ()>, moment: usize) {
    let mut handler = pin!(handler);
    let mut waits = 0;
    poll_fn(|context| {
        let polled = handler.as_mut().poll(context);
        waits += 1;
        if waits > moment { Poll::Ready(()) } else { polled }
    })
    .await;
}

async fn connect(database: &TestDatabase, connections: u32) -> DatabaseConnection {
    let mut options = ConnectOptions::new(database.url());
    options.max_connections(connections).acquire_timeout(Duration::from_secs(5)).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// A handler as one would write it: it ends with its request.
async fn handle(db: &DatabaseConnection) {
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("INSERT INTO note VALUES (-1)").await.unwrap();
    tx.commit().await.unwrap();
}

/// How many of 200 acknowledged writes are lost when clients hang up on a handler that is run in this way.
async fn lost(run: impl AsyncFn(&DatabaseConnection, usize)) -> usize {
    let database = TestDatabase::on(Engine::Postgres).await;
    let db = connect(&database, 2).await;
    db.execute_unprepared("CREATE TABLE note (number integer)").await.unwrap();
    let mut acknowledged = 0;
    for number in 0..200 {
        run(&db, number % MOMENTS).await;
        let written = db.execute_unprepared(&format!("INSERT INTO note VALUES ({number})")).await;
        acknowledged += usize::from(written.is_ok());
    }
    // What the others left open ends with their connections.
    db.close().await.unwrap();
    let db = connect(&database, 1).await;
    let kept = count(&db, "SELECT count(DISTINCT number) FROM note WHERE number >= 0").await;
    acknowledged - usize::try_from(kept).unwrap()
}

#[tokio::test]
async fn a_handler_that_is_dropped_loses_writes_of_others_and_one_in_a_task_of_its_own_does_not() {
    // Which moment is the one is up to the machine.
    let mut dropped = 0;
    for _round in 0..MOST_ROUNDS {
        dropped += lost(async |db, moment| until_gone(handle(db), moment).await).await;
        if dropped > 0 {
            break;
        }
    }
    assert!(dropped > 0, "the control: the hazard is there");
    let kept = lost(async |db, moment| {
        let task = tokio::spawn({
            let db = db.clone();
            async move { handle(&db).await }
        });
        // Only the waiting ends.
        until_gone(async { task.await.unwrap() }, moment).await;
    })
    .await;
    assert_eq!(kept, 0);
}

/// A change of one's own name, as it goes over the wire.
fn hasty(token: &str) -> String {
    let body = json!({ "display_name": "Gone" }).to_string();
    format!(
        "PATCH /api/v1/users/me HTTP/1.1\r\nhost: users\r\nauthorization: Bearer {token}\r\nif-match: *\r\n\
         content-type: application/merge-patch+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends `request` 400 times, each time hanging up at another moment, and makes a change after each. Answers how many of
/// these changes were acknowledged and not kept.
async fn lost_of_400(address: &str, request: &str, is_kept: impl AsyncFn(usize) -> bool) -> usize {
    let mut lost = 0;
    for number in 0..400 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        if number % 10 == 9 {
            // Some stay until the answer begins.
            socket.read_exact(&mut [0; 12]).await.unwrap();
        } else {
            for _ in 0..number % MOMENTS {
                tokio::task::yield_now().await;
            }
        }
        drop(socket);
        lost += usize::from(!is_kept(number).await);
    }
    lost
}

#[tokio::test]
async fn no_acknowledged_change_is_lost_when_others_hang_up_at_any_moment() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let app = TestApp::start(&database).await;
    let (ada, bela) = (app.member("ada@example.org").await, app.member("bela@example.org").await);
    // A connection of its own, which sees only what is committed.
    let db = connect(&database, 1).await;
    let hasty = hasty(&bela.access_token);
    let lost = lost_of_400(&app.address, &hasty, async |number| {
        let name = json!({ "display_name": format!("Ada {number}") });
        let answer = ada.client.patch("/api/v1/users/me", "*", &name).await.expect(200).json();
        answer["version"] == count(&db, &format!("SELECT version FROM users WHERE id = '{}'", ada.id)).await
    });
    assert_eq!(lost.await, 0, "of 400 acknowledged changes");
}

/// How many of 400 acknowledged changes are lost by a service that takes the same traffic over the same accept loop, and
/// keeps its notes in the same kind of pool, with its handlers run `in_tasks` of their own or on their connections' tasks.
async fn lost_by_a_service_that_runs_handlers(in_tasks: bool) -> usize {
    let database = TestDatabase::on(Engine::Postgres).await;
    let db = connect(&database, 2).await;
    db.execute_unprepared("CREATE TABLE note (number integer)").await.unwrap();
    let of_hasty = async |State(db): State<DatabaseConnection>| handle(&db).await;
    let of_others = async |State(db): State<DatabaseConnection>, number: String| {
        db.execute_unprepared(&format!("INSERT INTO note VALUES ({number})")).await.unwrap();
    };
    let router = Router::new().route("/api/v1/users/me", patch(of_hasty)).route("/notes", post(of_others));
    let router = router.with_state(db);
    let router = if in_tasks { router.layer(from_fn(uncancelled)) } else { router };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, router, Limits::default(), shutdown.clone()));
    let (web, seen) = (Client::new(format!("http://{address}")), connect(&database, 1).await);
    let hasty = hasty("nobody");
    let lost = lost_of_400(&address, &hasty, async |number| {
        send(web.request(Method::POST, "/notes").body(number.to_string())).await.expect(200);
        count(&seen, &format!("SELECT count(*) FROM note WHERE number = {number}")).await == 1
    });
    let lost = lost.await;
    shutdown.cancel();
    serving.await.unwrap().unwrap();
    lost
}

#[tokio::test]
async fn of_the_same_traffic_a_service_without_tasks_of_their_own_loses_some() {
    let mut lost = 0;
    for _round in 0..MOST_ROUNDS {
        lost += lost_by_a_service_that_runs_handlers(false).await;
        if lost > 0 {
            break;
        }
    }
    assert!(lost > 0, "the control: these hang-ups come at the wrong moments");
    assert_eq!(lost_by_a_service_that_runs_handlers(true).await, 0, "of 400 acknowledged changes");
}

/// The number that a query answers.
async fn count(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use test_kit::http::{Client, send};

use super::corpus::{Corpus, word};
use super::dialect::{Dialect, Kind, id};
use super::server::Server;
use crate::figure::Figure;
use crate::process_table::peak_resident_megabytes;

/// Reservations at the same time, and for how long.
const CLIENTS: u64 = 16;
const RESERVING: Duration = Duration::from_secs(10);
/// 500 a second.
const EACH_MS: f64 = 2.0;

/// How long an import may take, however slow the machine.
const PATIENCE: Duration = Duration::from_mins(10);

const IMPORT_SECONDS: f64 = 60.0;
const IMPORT_MB: f64 = 200.0;

/// The time between two reservations that are made at the same time as others, of items all over the inventory.
pub(super) async fn reservations(server: &Server, corpus: Corpus) -> Result<Figure> {
    let db = &server.db;
    let sql = format!("SELECT {} AS start, {} AS finish", ahead(db, 40), ahead(db, 42));
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let row = row.context("a SELECT of values has a row")?;
    let period = json!({ "start": row.try_get::<String>("", "start")?, "end": row.try_get::<String>("", "finish")? });
    let started = Instant::now();
    let clients = (0..CLIENTS).map(|first| {
        let (client, period) = (server.service(), period.clone());
        tokio::spawn(async move {
            let mut number = first;
            while started.elapsed() < RESERVING && number < corpus.items {
                hold(&client, corpus, number, &period).await;
                number += CLIENTS;
            }
            (number - first) / CLIENTS
        })
    });
    let mut made = 0_u64;
    for client in clients.collect::<Vec<_>>() {
        made += client.await?;
    }
    let each_ms = started.elapsed().as_secs_f64() * 1e3 / f64::from(u32::try_from(made)?);
    Ok(Figure {
        name: "a reservation on PostgreSQL, of many at once",
        measured: each_ms,
        bound: EACH_MS,
        unit: "ms",
        reference: format!("{:.0} a second over {CLIENTS} connections, fsync on", 1e3 / each_ms),
    })
}

/// An instant so many days from now, as the API writes it.
fn ahead(db: &impl ConnectionTrait, days: u32) -> String {
    format!("{} || 'T08:00:00Z'", Dialect(db.get_database_backend()).date(&days.to_string()))
}

async fn hold(client: &Client, corpus: Corpus, number: u64, period: &Value) {
    let key = id(Kind::Reservation, u64::from(u32::MAX) * 64 + number);
    let body = json!({
        "item_id": corpus.item(number), "borrower_id": id(Kind::Member, number % 50_000), "period": period,
    });
    let request = client.request(Method::POST, "/internal/v1/reservations").header("idempotency-key", key);
    send(request.json(&body)).await.expect(201);
}

/// The seconds and the memory that an import of so many rows takes, in a service that has just been started.
pub(super) async fn import(server: &Server, rows: u64) -> Result<[Figure; 2]> {
    let mut file = String::from("name,category,description,units,loan_days,tags,external_id\n");
    for row in 0..rows {
        let words = [word(row), word(row / 3), word(row / 7)].join(" ");
        writeln!(file, "Imported {words},Imports,{words},2,7,{};import,row-{row}", word(row % 50))?;
    }
    let before = peak_resident_megabytes(server.process.id())?;
    let path = format!("/internal/v1/items/import?owner_id={}", id(Kind::Member, 60_000));
    let request = server.service().request(Method::POST, &path).header("content-type", "text/csv");
    // As `lendery import` does, for whom the usual deadline is too short.
    let request = request.header("x-request-timeout-ms", PATIENCE.as_millis().to_string()).timeout(PATIENCE);
    let (size, started) = (file.len(), Instant::now());
    let report = send(request.body(file)).await.expect(200).json();
    let took = started.elapsed().as_secs_f64();
    ensure!(report["created"] == rows, "not every row was taken: {report}");
    Ok([
        Figure {
            name: "an import of 100,000 rows",
            measured: took,
            bound: IMPORT_SECONDS,
            unit: "s",
            reference: format!("{rows} rows of {size} bytes"),
        },
        Figure {
            name: "memory of the service that imports",
            measured: peak_resident_megabytes(server.process.id())?,
            bound: IMPORT_MB,
            unit: "MB",
            reference: format!("{before:.1} MB before"),
        },
    ])
}

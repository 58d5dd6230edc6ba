use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use test_kit::{postgres, wait_until};
use tokio::task::JoinSet;

use super::services::{Services, WORKERS};
use super::shop::{Places, Shop};
use super::stream::Stream;
use super::{Size, old};
use crate::figure::{Figure, median};
use crate::platform::directory;

/// Members who order at the same time.
const MEMBERS: usize = 32;

/// 150 orders a second.
const EACH_MS: f64 = 1e3 / 150.0;

/// What an order may take beside the old ones, against what it takes without them: what two measurements of the same differ by.
const GROWTH: f64 = 1.25;

const DEADLINE: Duration = Duration::from_mins(10);

/// One order after another without old ones, many at once, and one after another beside the old ones.
pub(super) async fn measure(size: Size) -> Result<Vec<Figure>> {
    let directory = directory()?;
    let server =
        postgres::Server::start(&["fsync=on", "synchronous_commit=on", "max_wal_size=4GB", "max_connections=200"]);
    let services = Services::start(server.url(), directory.path()).await?;
    let Services { users, inventory, orders, .. } = &services;
    let shop = Arc::new(Shop::open(Places { users, inventory, orders }, services.category().await?).await?);
    ensure!(shop.capacity() >= size.many + 2 * size.alone, "there is too little to order");
    let without = alone(&shop, 0, size.alone).await?;
    let many = many(&shop, &services.db, server.url(), size).await?;
    old::write(&services.db, size.old).await?;
    let beside = alone(&shop, size.alone + size.many, size.alone).await?;
    Ok(vec![
        many,
        Figure {
            name: "an order beside a million old ones, PostgreSQL, p50",
            measured: beside,
            bound: without * GROWTH,
            unit: "ms",
            reference: format!("without the {} old ones {without:.2} ms", size.old),
        },
    ])
}

/// How long an order takes until it is confirmed, the median of some one after another.
async fn alone(shop: &Shop, first: usize, orders: usize) -> Result<f64> {
    let mut took = Vec::with_capacity(orders);
    for number in first..first + orders {
        let begun = Instant::now();
        let order = shop.place(number).await?;
        Stream::open(&shop.borrower, &order).await?.until("confirmed").await?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(&mut took))
}

/// The time between two orders that are confirmed, of many at once.
async fn many(shop: &Arc<Shop>, db: &DatabaseConnection, server: &str, size: Size) -> Result<Figure> {
    let commit_ms = commits(server).await?;
    let begun = Instant::now();
    let mut members = JoinSet::new();
    for member in 0..MEMBERS {
        let shop = shop.clone();
        members.spawn(async move {
            for number in (member..size.many).step_by(MEMBERS) {
                shop.place(size.alone + number).await?;
            }
            anyhow::Ok(())
        });
    }
    all(members).await?;
    let expected = i64::try_from(size.alone + size.many)?;
    wait_until("every order to be confirmed", DEADLINE, async || confirmed(db).await.ok() == Some(expected)).await;
    let each_ms = begun.elapsed().as_secs_f64() * 1e3 / f64::from(u32::try_from(size.many)?);
    Ok(Figure {
        name: "an order on PostgreSQL, of many at once",
        measured: each_ms,
        bound: EACH_MS,
        unit: "ms",
        reference: format!(
            "{:.0} a second of {MEMBERS} members, {WORKERS} workers, fsync on; a bare commit of {MEMBERS} at once {commit_ms:.2} ms",
            1e3 / each_ms
        ),
    })
}

async fn confirmed(db: &DatabaseConnection) -> Result<i64> {
    let sql = "SELECT count(*) FROM orders WHERE state = 'confirmed'";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.context("a count")?.try_get_by_index(0)?)
}

/// The time between two commits of one row each, of as many at once as there are members.
async fn commits(server: &str) -> Result<f64> {
    const EACH: u32 = 50;
    let mut options = ConnectOptions::new(server);
    options.max_connections(u32::try_from(MEMBERS)?);
    let db = Database::connect(options).await?;
    db.execute_unprepared("CREATE TABLE bench_commits (n bigint GENERATED ALWAYS AS IDENTITY)").await?;
    let begun = Instant::now();
    let mut members = JoinSet::new();
    for _ in 0..MEMBERS {
        let db = db.clone();
        members.spawn(async move {
            for _ in 0..EACH {
                db.execute_unprepared("INSERT INTO bench_commits DEFAULT VALUES").await?;
            }
            anyhow::Ok(())
        });
    }
    all(members).await?;
    Ok(begun.elapsed().as_secs_f64() * 1e3 / f64::from(u32::try_from(MEMBERS)? * EACH))
}

/// Waits for all of them; the first that failed is an error.
async fn all(mut members: JoinSet<Result<()>>) -> Result<()> {
    while let Some(member) = members.join_next().await {
        member??;
    }
    Ok(())
}

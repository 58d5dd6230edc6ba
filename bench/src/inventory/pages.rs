use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;
use test_kit::http::Client;

use super::Sizes;
use super::corpus::Corpus;
use super::reading::p99;
use super::server::Server;
use crate::figure::Figure;
use crate::platform::{Platform, directory};
use crate::write::milliseconds_since;

/// Requests of each page that are measured, after as many tenths of them that warm it up.
const REQUESTS: u64 = 400;

/// What a page may take where it is made.
const PAGE_MS: f64 = 10.0;

/// How long the pages take where they are made, past the gateway and its cache, on SQLite with 100,000 items. Beside each of
/// them stands what it asks the inventory for, in the same run.
pub(crate) async fn measure(sizes: Sizes, quick: bool) -> Result<Vec<Figure>> {
    let part = if quick { 1_000 } else { 10 };
    let corpus = Corpus { items: (sizes.items / part).max(1_000), bookings: (sizes.bookings / part).max(1_000) };
    let directory = directory()?;
    let data = directory.path().join("data");
    fs::create_dir_all(data.join("databases"))?;
    let database = format!("sqlite:{}", data.join("databases/inventory.db").display());
    let server = Server::start(&database, directory.path()).await?;
    corpus.write(&server.db).await?;
    drop(server);
    let platform = Platform::start(&data).await?;
    let endpoints: Value = serde_json::from_slice(&fs::read(data.join("run/endpoints.json"))?)?;
    let service = |name: &str| {
        let address = endpoints[name].as_str().with_context(|| format!("no address of {name}"))?;
        anyhow::Ok(Client::new(format!("http://{address}")))
    };
    let (web, inventory) = (service("pages")?, service("inventory")?);
    let item =
        |number: u64| (format!("/en/items/{}", corpus.item(number)), format!("/api/v1/items/{}", corpus.item(number)));
    let start = |_| ("/en".to_owned(), "/api/v1/items?limit=12".to_owned());
    let list = |_| ("/en/items".to_owned(), "/api/v1/items?limit=24".to_owned());
    let figures = vec![
        page((&web, &inventory), "the start page where it is made, SQLite, p99", start).await,
        page((&web, &inventory), "the page of a list where it is made, SQLite, p99", list).await,
        page((&web, &inventory), "an item's page where it is made, SQLite, p99", item).await,
    ];
    platform.stop().await?;
    Ok(figures)
}

/// A page and what it asks for, in turns.
async fn page(
    (web, inventory): (&Client, &Client),
    name: &'static str,
    paths: impl Fn(u64) -> (String, String),
) -> Figure {
    let (mut pages, mut answers) = (Vec::new(), Vec::new());
    for number in 0..REQUESTS + REQUESTS / 10 {
        let (page, answer) = paths(number);
        let (page, answer) = (timed(web, &page).await, timed(inventory, &answer).await);
        if number >= REQUESTS / 10 {
            pages.push(page);
            answers.push(answer);
        }
    }
    let reference = format!("what it shows, asked of the inventory alone, {:.2} ms", p99(&mut answers));
    Figure { name, measured: p99(&mut pages), bound: PAGE_MS, unit: "ms", reference }
}

async fn timed(client: &Client, path: &str) -> f64 {
    let started = Instant::now();
    let answer = client.get(path).await;
    let took = milliseconds_since(started);
    answer.expect(200);
    took
}

//! Lists, searches, calendars, reservations and imports of the inventory service, on a corpus of a million items; and photos.

mod corpus;
mod dialect;
pub(crate) mod pages;
mod photos;
mod reading;
mod server;
mod writing;

use anyhow::Result;
use clap::Args;
use test_kit::postgres;

use crate::figure::Figure;
use crate::platform::directory;
use corpus::Corpus;
use reading::Names;
use server::Server;

/// How much there is to measure.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Sizes {
    /// Items in PostgreSQL; in SQLite there are a tenth of them.
    #[arg(long, default_value_t = 1_000_000)]
    items: u64,
    /// Bookings of them.
    #[arg(long, default_value_t = 5_000_000)]
    bookings: u64,
}

/// The part of everything that shows whether it runs.
const QUICK: u64 = 100;
const IMPORTED: u64 = 100_000;
const PHOTOS: usize = 12;

const ON_POSTGRES: Names = Names {
    page: "a page of the list at any depth, PostgreSQL, p99",
    words: "a search for a word, PostgreSQL, p99",
    relevance: "a search for a word, best first, PostgreSQL, p99",
    near: "what is near, PostgreSQL, p99",
    free: "what is near and free, PostgreSQL, p99",
    calendar: "90 days of 50 units, PostgreSQL, p99",
    categories: "the categories with their counts, PostgreSQL, p99",
};

const ON_SQLITE: Names = Names {
    page: "a page of the list at any depth, SQLite, p99",
    words: "a search for a word, SQLite, p99",
    relevance: "a search for a word, best first, SQLite, p99",
    near: "what is near, SQLite, p99",
    free: "what is near and free, SQLite, p99",
    calendar: "90 days of 50 units, SQLite, p99",
    categories: "the categories with their counts, SQLite, p99",
};

/// Everything about the inventory, on both databases.
pub(crate) async fn measure(sizes: Sizes, quick: bool) -> Result<Vec<Figure>> {
    let part = if quick { QUICK } else { 1 };
    let corpus = Corpus { items: (sizes.items / part).max(10_000), bookings: (sizes.bookings / part).max(10_000) };
    let mut figures = on_postgres(corpus, IMPORTED / part).await?;
    figures.extend(on_sqlite(Corpus { items: corpus.items / 10, bookings: corpus.bookings / 10 }).await?);
    figures.extend(photos::measure(if quick { 1 } else { PHOTOS }).await?);
    Ok(figures)
}

async fn on_postgres(corpus: Corpus, imported: u64) -> Result<Vec<Figure>> {
    let directory = directory()?;
    let postgres = postgres::Server::start(&["fsync=on", "synchronous_commit=on", "max_wal_size=1GB"]);
    let server = Server::start(postgres.url(), directory.path()).await?;
    corpus.write(&server.db).await?;
    let mut figures = reading::measure(&server, corpus, &ON_POSTGRES).await?;
    figures.push(writing::reservations(&server, corpus).await?);
    drop(server);
    let server = Server::start(postgres.url(), directory.path()).await?;
    figures.extend(writing::import(&server, imported).await?);
    Ok(figures)
}

async fn on_sqlite(corpus: Corpus) -> Result<Vec<Figure>> {
    let directory = directory()?;
    let url = format!("sqlite:{}", directory.path().join("inventory.db").display());
    let server = Server::start(&url, directory.path()).await?;
    corpus.write(&server.db).await?;
    reading::measure(&server, corpus, &ON_SQLITE).await
}

use std::time::Instant;

use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use super::corpus::{Corpus, city, word};
use super::dialect::{Dialect, numbers};
use super::server::Server;
use crate::figure::Figure;

/// Requests of each kind.
const REQUESTS: u64 = 400;
/// Pages of 100 between two pages that are measured.
const PAGES_BETWEEN: u64 = 5;
/// Days ahead that are asked about.
const DAYS: u64 = 90;

const PAGE_MS: f64 = 10.0;
const WORDS_MS: f64 = 50.0;
const PLACE_MS: f64 = 80.0;
const CALENDAR_MS: f64 = 10.0;
const CATEGORIES_MS: f64 = 10.0;

/// What the figures of one database are called.
pub(super) struct Names {
    pub(super) page: &'static str,
    pub(super) words: &'static str,
    pub(super) relevance: &'static str,
    pub(super) near: &'static str,
    pub(super) free: &'static str,
    pub(super) calendar: &'static str,
    pub(super) categories: &'static str,
}

/// What visitors ask, one request after the other, each after a look at one row by its key.
pub(super) async fn measure(server: &Server, corpus: Corpus, names: &Names) -> Result<Vec<Figure>> {
    let days = days(&server.db).await?;
    let day = |number: u64| days.get(usize::try_from(number).unwrap_or(0)).cloned().unwrap_or_default();
    let common = |number: u64| word(number * 5);
    let mut figures = vec![at_depth(server, corpus, names.page).await?];
    let words = |number: u64| format!("/api/v1/items?q={}", common(number));
    let found = format!(", the commonest word in {} items", with_word(&server.db, &common(0)).await?);
    figures.push(beside(each(server, corpus, (names.words, WORDS_MS), words).await?, &found));
    let best = |number: u64| format!("/api/v1/items?q={}&sort=relevance", common(number));
    figures.push(beside(each(server, corpus, (names.relevance, WORDS_MS), best).await?, &found));
    let near = |number: u64| format!("/api/v1/items?sort=distance&{}", around(number));
    figures.push(each(server, corpus, (names.near, PLACE_MS), near).await?);
    let free = |number: u64| {
        let (from, to) = (day(2 + number % 9), day(5 + number % 9));
        format!("/api/v1/items?available_from={from}&available_to={to}&{}", around(number))
    };
    figures.push(each(server, corpus, (names.free, PLACE_MS), free).await?);
    let calendar =
        |number: u64| format!("/api/v1/items/{}/availability?to={}", corpus.with_many_units(number), day(DAYS));
    figures.push(each(server, corpus, (names.calendar, CALENDAR_MS), calendar).await?);
    let categories = |_| "/api/v1/categories".to_owned();
    figures.push(each(server, corpus, (names.categories, CATEGORIES_MS), categories).await?);
    Ok(figures)
}

/// Pages of the list of all, further and further down.
async fn at_depth(server: &Server, corpus: Corpus, name: &'static str) -> Result<Figure> {
    let (mut pages, mut rows) = (Vec::new(), Vec::new());
    let (mut cursor, mut depth) = (String::new(), 0);
    'down: for number in 0..REQUESTS {
        for _ in 0..PAGES_BETWEEN {
            let page = server.client.get(&format!("/api/v1/items?limit=100{cursor}")).await.expect(200).json();
            let Some(next) = page["next"].as_str() else { break 'down };
            cursor = format!("&cursor={next}");
            depth += 100;
        }
        rows.push(row(&server.db, &corpus.item(number)).await?);
        pages.push(timed(server, &format!("/api/v1/items?limit=20{cursor}")).await);
    }
    Ok(figure((name, PAGE_MS), &mut pages, &mut rows, &format!(", down to item {depth}")))
}

async fn each(
    server: &Server,
    corpus: Corpus,
    (name, bound): (&'static str, f64),
    path: impl Fn(u64) -> String,
) -> Result<Figure> {
    let (mut answers, mut rows) = (Vec::new(), Vec::new());
    for number in 0..REQUESTS {
        rows.push(row(&server.db, &corpus.item(number)).await?);
        answers.push(timed(server, &path(number)).await);
    }
    Ok(figure((name, bound), &mut answers, &mut rows, ""))
}

fn figure((name, bound): (&'static str, f64), answers: &mut [f64], rows: &mut [f64], more: &str) -> Figure {
    let reference = format!("one row by its key {:.2} ms{more}", p99(rows));
    Figure { name, measured: p99(answers), bound, unit: "ms", reference }
}

/// The figure with something more said beside it.
fn beside(mut figure: Figure, more: &str) -> Figure {
    figure.reference.push_str(more);
    figure
}

async fn timed(server: &Server, path: &str) -> f64 {
    let started = Instant::now();
    let answer = server.client.get(path).await;
    let took = started.elapsed().as_secs_f64() * 1e3;
    answer.expect(200);
    took
}

/// The milliseconds that a row takes by its key.
async fn row(db: &DatabaseConnection, id: &str) -> Result<f64> {
    let backend = db.get_database_backend();
    let key = Dialect(backend).literal(id);
    let started = Instant::now();
    let statement = Statement::from_string(backend, format!("SELECT name FROM items WHERE id = {key}"));
    db.query_one_raw(statement).await?.context("the item is there")?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

/// How many items hold a word.
async fn with_word(db: &DatabaseConnection, word: &str) -> Result<i64> {
    let sql = format!("SELECT count(*) AS found FROM item_words WHERE words LIKE '%{word}%'");
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.context("a count has a row")?.try_get("", "found")?)
}

/// The dates from today on.
async fn days(db: &DatabaseConnection) -> Result<Vec<String>> {
    let backend = db.get_database_backend();
    let date = Dialect(backend).date("n - 1");
    let sql = format!("{} SELECT {date} AS day FROM numbers ORDER BY n", numbers(DAYS + 1));
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
    rows.iter().map(|row| Ok(row.try_get("", "day")?)).collect()
}

fn around(number: u64) -> String {
    let (lat, lon) = city(number);
    format!("near={:.4},{:.4}&radius_km=10", lat + 0.07, lon + 0.07)
}

/// What 99 of 100 samples do not exceed.
pub(super) fn p99(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    let last = samples.len().saturating_sub(1);
    samples.get(last - last / 100).copied().unwrap_or(f64::NAN)
}

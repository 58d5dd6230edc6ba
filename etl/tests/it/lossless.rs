//! Writers whose transactions end in another order than they began: what most tools lose, and this one does not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use test_kit::Engine;

use crate::source::at;
use crate::support::{House, Random};

/// Writers at once, as in the measurements of others' tools.
const WRITERS: u64 = 12;

/// How long a transaction is open after each of its rows, at most.
const OPEN_MS: u64 = 40;

/// A cursor as others have it: what it has seen, and how it asks for more. `{}` is where it stands.
struct Naive {
    name: &'static str,
    sql: &'static str,
    stands: String,
    seen: usize,
}

impl Naive {
    fn all() -> [Self; 3] {
        [
            (
                "updated_at",
                "SELECT updated_at::text AS told FROM users WHERE updated_at > '{}'::timestamptz ORDER BY updated_at",
                "1970-01-01",
            ),
            ("seq", "SELECT seq::text AS told FROM etl_change WHERE tbl = 'users' AND seq > {} ORDER BY seq", "0"),
            (
                "seq below xmin",
                "SELECT seq::text AS told FROM etl_change WHERE tbl = 'users' AND seq > {}
                 AND tx < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY seq",
                "0",
            ),
        ]
        .map(|(name, sql, stands)| Self { name, sql, stands: stands.to_owned(), seen: 0 })
    }

    async fn read(&mut self, source: &mut PgConnection) {
        let sql = AssertSqlSafe(self.sql.replace("{}", &self.stands));
        let found: Vec<String> = sqlx::query_scalar(sql).fetch_all(source).await.unwrap();
        self.seen += found.len();
        self.stands = found.into_iter().next_back().unwrap_or(std::mem::take(&mut self.stands));
    }
}

/// Adds pairs of users until it is told to end, each in a transaction that is open a while between the two, and so numbers them
/// around those of others. Returns how many.
async fn write(house: &House, writer: u64, ended: &AtomicBool) -> usize {
    let mut connection = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    let (mut random, mut written) = (Random::of(writer), 0);
    while !ended.load(Ordering::Relaxed) {
        connection.execute("BEGIN").await.unwrap();
        for _ in 0..2 {
            written += 1;
            let user = house.sources.user(u128::from(writer) * 100_000 + written, 0);
            // As a service does, which takes the time when it begins.
            let user = user.replace(&format!("'{}'", at(0)), "now()");
            connection.execute(AssertSqlSafe(user)).await.unwrap();
            // How long transactions are open is what is tried.
            tokio::time::sleep(Duration::from_millis(random.below(OPEN_MS))).await;
        }
        connection.execute("COMMIT").await.unwrap();
    }
    usize::try_from(written).unwrap()
}

/// Twelve write while so many runs follow each other.
async fn lost_by_nobody_but_others(runs: usize) {
    let house = House::on_engine(Engine::Postgres).await;
    house.run().await;
    let mut naive = Naive::all();
    let ended = AtomicBool::new(false);
    let writing = join_all((0..WRITERS).map(|writer| write(&house, writer, &ended)));
    let mut source = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    let reading = async {
        for _ in 0..runs {
            house.run_now().await;
            for cursor in &mut naive {
                cursor.read(&mut source).await;
            }
        }
        ended.store(true, Ordering::Relaxed);
    };
    let (written, ()) = tokio::join!(writing, reading);
    house.run().await;
    let written = written.iter().sum::<usize>();
    for count in ["count(*)", "count(DISTINCT id)", "count(DISTINCT change_seq)"] {
        let sql = format!("SELECT {count} FROM raw_users WHERE op = 'I'");
        assert_eq!(house.value(&sql).await, json!(written), "{count}");
    }
    house.equals_its_sources().await;
    for mut cursor in naive {
        cursor.read(&mut source).await;
        figure(&format!("of {written} rows {} missed {} in {runs} runs", cursor.name, written - cursor.seen));
        assert!(cursor.seen < written, "{} has missed nothing, so this proves nothing", cursor.name);
    }
}

#[expect(clippy::print_stdout, reason = "`cargo xtask soak` keeps the figure")]
fn figure(text: &str) {
    println!("figure: {text}");
}

#[tokio::test]
async fn twelve_writers_lose_rows_by_every_cursor_but_this() {
    lost_by_nobody_but_others(8).await;
}

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn twelve_writers_lose_rows_by_every_cursor_but_this_in_200_runs() {
        super::lost_by_nobody_but_others(200).await;
    }
}

/// What most tools do, as the negative control: rows whose `updated_at` is later than the latest one seen.
async fn naive(source: &mut PgConnection, since: &str) -> Vec<String> {
    let sql = "SELECT id::text FROM users WHERE updated_at > $1::timestamptz ORDER BY id";
    sqlx::query_scalar(sql).bind(since).fetch_all(source).await.unwrap()
}

#[tokio::test]
async fn a_transaction_that_is_open_during_a_run_loses_nothing() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_user(1).await;
    house.run().await;
    let mut slow = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    let mut reader = PgConnection::connect(house.sources.url.expose()).await.unwrap();

    slow.execute("BEGIN").await.unwrap();
    slow.execute(AssertSqlSafe(house.sources.user(2, 10))).await.unwrap();
    house.sources.run(&house.sources.user(3, 20)).await;
    house.run_now().await;
    let naively_seen = naive(&mut reader, &at(0)).await;
    slow.execute("COMMIT").await.unwrap();

    house.run_until("SELECT count(DISTINCT id) FROM raw_users", json!(3)).await;
    assert_eq!(naively_seen.len(), 1, "the naive cursor has passed second 20");
    let naively_later = naive(&mut reader, &at(20)).await;
    assert!(naively_later.is_empty(), "the naive cursor never sees user 2: {naively_later:?}");
}

#[tokio::test]
async fn rows_that_are_read_twice_are_one_state() {
    let house = House::on_engine(Engine::Postgres).await;
    let mut slow = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    // Whoever holds the oldest transaction keeps the watermark down, so what is committed after it is read once more.
    slow.execute("BEGIN").await.unwrap();
    slow.execute(AssertSqlSafe(house.sources.user(1, 10))).await.unwrap();
    house.sources.add_user(2).await;
    house.run_now().await;
    slow.execute("COMMIT").await.unwrap();
    house.run_until("SELECT count(*) FROM raw_users", json!(3)).await;
    assert_eq!(house.value("SELECT count(*) FROM dim_user WHERE user_key <> '-1'").await, json!(2));
}

//! The same corpus every time: members' items in the categories and cities of a country, with words of which few are
//! common, and bookings of every unit, all but the last of them over.

use std::fmt::Write as _;

use anyhow::Result;
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};

use super::dialect::{Dialect, Kind, id, numbers};

/// Every so many items, one has many units.
const MANY_UNITS_EVERY: u64 = 1_000;
const MANY_UNITS: u64 = 50;

const CATEGORIES: u64 = 200;
const CITIES: u64 = 300;
const SPOTS_OF_A_CITY: u64 = 50;
const SYLLABLES: [&str; 12] = ["ba", "dor", "fi", "gul", "ke", "lam", "mo", "nur", "pe", "rit", "so", "vex"];
const WORDS: u64 = 1_728;
/// A prime beyond the number of items, so that multiples of it name no two items alike.
const SPREAD: u64 = 1_000_003;

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corpus {
    pub(super) items: u64,
    pub(super) bookings: u64,
}

/// The name of a word; small numbers are common words.
pub(super) fn word(number: u64) -> String {
    let syllable = |at: u64| SYLLABLES[usize::try_from(at % 12).unwrap_or(0)];
    [syllable(number), syllable(number / 12), syllable(number / 144)].concat()
}

/// Degrees north and east of the middle of a city.
pub(super) fn city(number: u64) -> (f64, f64) {
    let number = u32::try_from(number % CITIES).map_or(0.0, f64::from);
    // The fractions of the multiples of the golden ratio are spread evenly (H. Weyl, 1916).
    (46.0 + 8.0 * (number * 0.618_034).fract(), 6.0 + 14.0 * (number / 300.0))
}

impl Corpus {
    /// The id of an item with many units; the number of one, if there are so many.
    pub(super) fn with_many_units(&self, number: u64) -> String {
        let of_them = (self.items / MANY_UNITS_EVERY).max(1);
        id(Kind::Item, (number % of_them + 1) * MANY_UNITS_EVERY)
    }

    /// The id of some item.
    pub(super) fn item(&self, number: u64) -> String {
        id(Kind::Item, number * 7_919 % self.items + 1)
    }

    /// Writes it into an inventory that is empty.
    pub(super) async fn write(&self, db: &DatabaseConnection) -> Result<()> {
        let dialect = Dialect(db.get_database_backend());
        for statement in self.statements(dialect) {
            let tx = db.begin().await?;
            tx.execute_unprepared(dialect.quietly()).await?;
            tx.execute_unprepared(&statement).await?;
            tx.commit().await?;
        }
        db.execute_unprepared(dialect.settle()).await?;
        Ok(())
    }

    fn statements(&self, dialect: Dialect) -> Vec<String> {
        let mut statements = vec![
            "CREATE TABLE bench_words (n bigint PRIMARY KEY, word text NOT NULL)".to_owned(),
            words(),
            "CREATE TABLE bench_places (n bigint PRIMARY KEY, lat double precision, lon double precision, \
             x double precision, y double precision, z double precision)"
                .to_owned(),
            places(),
            "CREATE TABLE bench_units (n bigint NOT NULL, position bigint NOT NULL)".to_owned(),
            format!("{} INSERT INTO bench_units SELECT n, 1 FROM numbers", numbers(self.items)),
            format!(
                "{}, positions(p) AS (SELECT 2 UNION ALL SELECT p + 1 FROM positions WHERE p < {MANY_UNITS})
                INSERT INTO bench_units SELECT n * {MANY_UNITS_EVERY}, p FROM numbers CROSS JOIN positions
                WHERE n * {MANY_UNITS_EVERY} <= {}",
                numbers((self.items / MANY_UNITS_EVERY).max(1)),
                self.items
            ),
            categories(dialect),
            self.items(dialect),
            "INSERT INTO item_words (item_id, words, name_key, owner_id, category_id, status)
                SELECT id, name_key || ' ' || description, name_key, owner_id, category_id, status FROM items"
                .to_owned(),
            "DELETE FROM category_counts".to_owned(),
            "INSERT INTO category_counts (category_id, listed) SELECT category_id, count(*) FROM items GROUP BY category_id"
                .to_owned(),
            units(dialect),
        ];
        statements.extend(self.reservations(dialect));
        statements.extend(["words", "places", "units"].map(|table| format!("DROP TABLE bench_{table}")));
        statements
    }

    fn items(&self, dialect: Dialect) -> String {
        let (item, owner) = (dialect.id(Kind::Item, "numbers.n"), dialect.id(Kind::Member, "numbers.n % 50000"));
        let category = dialect.id(Kind::Category, &format!("numbers.n * 31 % {CATEGORIES} + 1"));
        let made = dialect.instant("1700000000 + numbers.n");
        let joined = (1_u32..=5).fold(String::new(), |mut joins, number| {
            let pick = |by: u32| format!("(numbers.n * {by} + {}) % {SPREAD} % {WORDS}", number * 577);
            let picked = format!("({}) * ({}) / {WORDS}", pick(7_919), pick(104_729));
            let _infallible = write!(joins, " JOIN bench_words AS w{number} ON w{number}.n = {picked}");
            joins
        });
        format!(
            "{} INSERT INTO items (id, owner_id, name, name_key, description, category_id, condition, offer, units,
                daily_price_minor, currency, max_loan_days, buffer_hours, approval, pickup_label, pickup_lat,
                pickup_lon, pickup_time_zone, pickup_x, pickup_y, pickup_z, status, version, created_at, updated_at)
            SELECT {item}, {owner}, w1.word || ' ' || w2.word, w1.word || ' ' || w2.word,
                w3.word || ' ' || w4.word || ' ' || w5.word, {category}, 'good', 'lend',
                CASE WHEN numbers.n % {MANY_UNITS_EVERY} = 0 THEN {MANY_UNITS} ELSE 1 END, numbers.n * 37 % 5000, 'EUR',
                14, 0, 'auto', 'Shed', lat, lon, 'UTC', x, y, z, 'listed', 1, {made}, {made}
            FROM numbers JOIN bench_places ON bench_places.n = numbers.n * 7919 % {} {joined}",
            numbers(self.items),
            CITIES * SPOTS_OF_A_CITY,
        )
    }

    fn reservations(&self, dialect: Dialect) -> [String; 2] {
        let each = (self.bookings / self.items).max(1);
        let start = format!("{} + ((k.n - {each}) * 20 + 1 + u.n % 15) * 86400 + u.position * 600", dialect.today());
        let number = "((u.n * 64 + u.position) * 64 + k.n)";
        let reservation = dialect.id(Kind::Reservation, number);
        let item = dialect.id(Kind::Item, "u.n");
        let (starts_at, ends_at) = (dialect.instant(&start), dialect.instant(&format!("{start} + 3 * 86400")));
        let state = format!("CASE WHEN k.n = {each} THEN 'confirmed' ELSE 'returned' END");
        let all = "bench_units AS u CROSS JOIN numbers AS k";
        [
            format!(
                "{} INSERT INTO reservations (id, item_id, borrower_id, units, starts_at, ends_at, state, version,
                    created_at, updated_at)
                SELECT {reservation}, {item}, {}, 1, {starts_at}, {ends_at}, {state}, 2, {starts_at}, {starts_at}
                FROM {all}",
                numbers(each),
                dialect.id(Kind::Member, "(u.n + k.n) % 50000")
            ),
            format!(
                "{} INSERT INTO bookings (reservation_id, unit_id, item_id, starts_at, blocked_until, state)
                SELECT {reservation}, {}, {item}, {starts_at}, {ends_at}, {state} FROM {all}",
                numbers(each),
                dialect.id(Kind::Unit, "u.n * 64 + u.position")
            ),
        ]
    }
}

fn words() -> String {
    let rows: Vec<String> = (0..WORDS).map(|number| format!("({number}, '{}')", word(number))).collect();
    format!("INSERT INTO bench_words VALUES {}", rows.join(", "))
}

fn places() -> String {
    let rows = (0..CITIES * SPOTS_OF_A_CITY).map(|number| {
        let spot = u32::try_from(number / CITIES).map_or(0.0, f64::from);
        let (lat, lon) = city(number);
        let (lat, lon) = (lat + 0.15 * (spot * 0.618_034).fract(), lon + 0.15 * (spot * 0.414_214).fract());
        let (north, east) = (lat.to_radians(), lon.to_radians());
        let (x, y, z) = (north.cos() * east.cos(), north.cos() * east.sin(), north.sin());
        format!("({number}, {lat}, {lon}, {x}, {y}, {z})")
    });
    format!("INSERT INTO bench_places VALUES {}", rows.collect::<Vec<_>>().join(", "))
}

fn categories(dialect: Dialect) -> String {
    let made = dialect.instant("1700000000");
    format!(
        "{} INSERT INTO categories (id, slug, name, parent_id, version, created_at, updated_at)
        SELECT {}, 'category-' || n, 'Category ' || n, CASE WHEN n > 20 THEN {} END, 1, {made}, {made}
        FROM numbers ORDER BY n",
        numbers(CATEGORIES),
        dialect.id(Kind::Category, "n"),
        dialect.id(Kind::Category, "n % 20 + 1")
    )
}

fn units(dialect: Dialect) -> String {
    let made = dialect.instant("1700000000");
    format!(
        "INSERT INTO units (id, item_id, position, label, condition, out_of_service, version, created_at, updated_at)
        SELECT {}, {}, position, 'Unit ' || position, 'good', FALSE, 1, {made}, {made} FROM bench_units",
        dialect.id(Kind::Unit, "n * 64 + position"),
        dialect.id(Kind::Item, "n")
    )
}

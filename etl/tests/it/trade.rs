//! Orders and payments as the warehouse finds them, and what it makes of them.

use sea_orm_migration::prelude::*;
use serde_json::{Value, json};
use service_kit::db::change_capture::{Column, Tracked, track};
use test_kit::{Engine, on_every_database};

use crate::history::day;
use crate::source::{PLANTED, Sources, at, table, texts};
use crate::support::{House, did};

/// As the services keep them.
const IMAGES: [(&str, Column, &[Column]); 4] = [
    (
        "orders",
        Column::Uuid("id"),
        &[
            Column::Plain("state"),
            Column::Plain("total_minor"),
            Column::Plain("deposit_minor"),
            Column::Plain("version"),
            Column::Plain("updated_at"),
        ],
    ),
    ("order_lines", Column::Uuid("id"), &[Column::Plain("progress")]),
    (
        "payments",
        Column::Uuid("id"),
        &[
            Column::Plain("state"),
            Column::Plain("authorised_minor"),
            Column::Plain("captured_minor"),
            Column::Plain("released_minor"),
            Column::Plain("refunded_minor"),
            Column::Plain("version"),
            Column::Plain("updated_at"),
        ],
    ),
    (
        "ledger",
        Column::Plain("entry"),
        &[
            Column::Uuid("payment_id"),
            Column::Plain("from_account"),
            Column::Plain("to_account"),
            Column::Plain("amount_minor"),
            Column::Plain("posted_at"),
        ],
    ),
];

/// Creates the tables with their triggers.
pub(crate) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(orders()).await?;
    manager.create_table(lines()).await?;
    manager.create_table(payments()).await?;
    manager.create_table(ledger()).await?;
    for (table, key, image) in IMAGES {
        track(manager, Tracked { table, key, image }).await?;
    }
    Ok(())
}

fn orders() -> TableCreateStatement {
    let mut table = table("orders");
    texts(&mut table, &["currency", "provider", "payment_token", "state", "state_reason"]);
    for name in ["total_minor", "deposit_minor"] {
        table.col(ColumnDef::new(name).big_integer());
    }
    table.col(ColumnDef::new("borrower_id").uuid()).take()
}

fn lines() -> TableCreateStatement {
    let mut table = Table::create().table("order_lines").col(ColumnDef::new("id").uuid().primary_key()).take();
    texts(&mut table, &["name", "progress", "check_out_note", "return_note"]);
    for name in ["order_id", "item_id", "owner_id"] {
        table.col(ColumnDef::new(name).uuid());
    }
    for name in ["starts_at", "ends_at"] {
        table.col(ColumnDef::new(name).timestamp_with_time_zone());
    }
    for name in ["position", "units"] {
        table.col(ColumnDef::new(name).integer());
    }
    for name in ["unit_price_minor", "amount_minor", "deposit_minor"] {
        table.col(ColumnDef::new(name).big_integer());
    }
    table
}

fn payments() -> TableCreateStatement {
    let mut table = table("payments");
    texts(&mut table, &["provider", "currency", "reference", "action_url", "failure_detail", "state"]);
    for name in ["order_id", "payer_id"] {
        table.col(ColumnDef::new(name).uuid());
    }
    for name in ["amount_minor", "deposit_minor"] {
        table.col(ColumnDef::new(name).big_integer());
    }
    for name in ["authorised_minor", "captured_minor", "released_minor", "refunded_minor"] {
        table.col(ColumnDef::new(name).big_integer().not_null().default(0));
    }
    table
}

fn ledger() -> TableCreateStatement {
    let mut table = Table::create().table("ledger").col(ColumnDef::new("entry").big_integer().primary_key()).take();
    texts(&mut table, &["from_account", "to_account"]);
    for name in ["payment_id", "operation_id"] {
        table.col(ColumnDef::new(name).uuid());
    }
    table.col(ColumnDef::new("amount_minor").big_integer());
    table.col(ColumnDef::new("posted_at").timestamp_with_time_zone()).take()
}

impl Sources {
    /// An order of 1,000 with a deposit of 300, of one line for item 20.
    pub(crate) async fn add_order(&self, number: u128, borrower: u128) {
        let (id, line) = (self.id(number), self.id(number + 1_000));
        self.run(&format!(
            "INSERT INTO orders (id, borrower_id, currency, total_minor, deposit_minor, provider, payment_token, state,
                state_reason, version, created_at, updated_at)
             VALUES ({id}, {}, 'EUR', 1000, 300, 'test', '{PLANTED}', 'pending', '{PLANTED}', 1, '{1}', '{1}')",
            self.id(borrower),
            at(0)
        ))
        .await;
        self.run(&format!(
            "INSERT INTO order_lines (id, order_id, position, item_id, name, owner_id, units, unit_price_minor,
                amount_minor, deposit_minor, progress)
             VALUES ({line}, {id}, 1, {}, '{PLANTED} drill', {}, 2, 500, 1000, 300, 'asked')",
            self.id(20),
            self.id(1)
        ))
        .await;
    }

    pub(crate) async fn set_order(&self, number: u128, state: &str, second: u32) {
        let (id, at) = (self.id(number), at(second));
        self.run(&format!(
            "UPDATE orders SET state = '{state}', version = version + 1, updated_at = '{at}' WHERE id = {id}"
        ))
        .await;
    }

    /// The payment of an order, with nothing moved yet.
    pub(crate) async fn add_payment(&self, number: u128, order: u128, payer: u128) {
        self.run(&format!(
            "INSERT INTO payments (id, order_id, payer_id, provider, amount_minor, deposit_minor, currency, reference,
                action_url, failure_detail, state, version, created_at, updated_at)
             VALUES ({}, {}, {}, 'test', 1000, 300, 'EUR', '{PLANTED}', 'https://{PLANTED}.example', '{PLANTED}',
                'created', 1, '{3}', '{3}')",
            self.id(number),
            self.id(order),
            self.id(payer),
            at(0)
        ))
        .await;
    }

    /// Moves money of a payment, as the service does: a row of the ledger and a sum.
    pub(crate) async fn transfer(&self, payment: u128, entry: i64, from: &str, to: &str, minor: i64) {
        let sum = match (from, to) {
            ("payer", _) => "authorised_minor",
            ("held", "taken") => "captured_minor",
            ("held", _) => "released_minor",
            _ => "refunded_minor",
        };
        let (id, at) = (self.id(payment), at(<u32 as TryFrom<i64>>::try_from(entry).unwrap()));
        self.run(&format!(
            "INSERT INTO ledger (entry, payment_id, operation_id, from_account, to_account, amount_minor, posted_at)
             VALUES ({entry}, {id}, {id}, '{from}', '{to}', {minor}, '{at}')"
        ))
        .await;
        self.run(&format!(
            "UPDATE payments SET {sum} = {sum} + {minor}, state = 'captured', version = version + 1, updated_at = '{at}'
             WHERE id = {id}"
        ))
        .await;
    }
}

/// A house with one owner, one borrower, one item and one order that is paid.
async fn traded(house: &House) {
    for user in 1..=2 {
        house.sources.add_user(user).await;
    }
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.run().await;
    house.sources.add_order(40, 2).await;
    house.sources.add_payment(50, 40, 2).await;
    house.sources.transfer(50, 1, "payer", "held", 1300).await;
    for (state, second) in [("reserved", 1), ("authorised", 2), ("confirmed", 3), ("active", 4)] {
        house.sources.set_order(40, state, second).await;
    }
    house.sources.transfer(50, 2, "held", "taken", 1100).await;
    house.sources.transfer(50, 3, "held", "payer", 200).await;
    for (state, second) in [("returned", 5), ("closed", 6)] {
        house.sources.set_order(40, state, second).await;
    }
    house.sources.add_order(41, 2).await;
    house.sources.set_order(41, "cancelled", 7).await;
    house.run_until("SELECT count(*) FROM raw_ledger", json!(3)).await;
    house.run_until("SELECT count(*) FROM fact_order WHERE failed_at IS NOT NULL", json!(1)).await;
}

#[tokio::test]
async fn what_was_ordered_and_paid_is_reported() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        traded(&house).await;
        let facts =
            "SELECT o.state, o.total_minor, o.borrower_key = u.user_key, l.order_state, l.units, l.item_key <> '-1'
                     FROM fact_order o JOIN fact_order_line l USING (order_key)
                     JOIN dim_user u ON u.user_key = o.borrower_key ORDER BY o.state";
        let row = |state: &str| vec![json!(state), json!(1000), json!(true), json!(state), json!(2), json!(true)];
        assert_eq!(house.rows(facts).await, [row("cancelled"), row("closed")]);
        let times = "SELECT created_at, reserved_at, authorised_at, confirmed_at, handed_over_at, returned_at, closed_at, failed_at
                     FROM fact_order ORDER BY state";
        let second = |second: Option<u32>| second.map_or(Value::Null, |second| json!(day(second)));
        let cancelled = [Some(0), None, None, None, None, None, None, Some(7)];
        let closed = [Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), None];
        assert_eq!(house.rows(times).await, [cancelled.map(second), closed.map(second)]);
        let month = json!("2026-03-01");
        let revenue = [json!("EUR"), month.clone(), json!(1), json!(1100), json!(0), json!(1100)];
        assert_eq!(house.report("revenue").await, [revenue]);
        let funnel = [month, json!(2), json!(1), json!(1), json!(1), json!(1), json!(1)];
        assert_eq!(house.report("funnel").await, [funnel]);
        let deposits = [json!("EUR"), json!(1), json!(300), json!(0), json!(200), json!(100)];
        assert_eq!(house.report("deposits").await, [deposits]);

        house.sources.transfer(50, 4, "taken", "payer", 100).await;
        house.run().await;
        let moved = "SELECT created_at, authorised_at, captured_at, released_at, refunded_at, authorised_minor, captured_minor,
                     released_minor, refunded_minor FROM fact_payment";
        let times = [0, 1, 2, 3, 4].map(|second| json!(day(second)));
        let moneys = [1300, 1100, 200, 100].map(|minor| json!(minor));
        assert_eq!(house.rows(moved).await, [[times.to_vec(), moneys.to_vec()].concat()]);
    })
    .await;
}

/// What happens to a payment of 1,000 with a deposit of 300: amounts from one account to another, in their order.
type Moves = &'static [(&'static str, &'static str, i64)];

/// Payments, each in a currency of its own so that the report tells them apart, and what it says of the deposit: held, given
/// back, kept.
const DEPOSITS: [(&str, Moves, [i64; 3]); 8] = [
    ("AUD", &[], [0, 0, 0]),
    ("BRL", &[("payer", "held", 1300)], [300, 0, 0]),
    ("CAD", &[("payer", "held", 1300), ("held", "payer", 1300)], [0, 300, 0]),
    ("CHF", &[("payer", "held", 1300), ("held", "taken", 1000)], [300, 0, 0]),
    // A hold that is about to lapse is given back and made anew.
    ("CZK", &[("payer", "held", 1300), ("held", "payer", 1300), ("payer", "held", 1300)], [300, 0, 0]),
    // The whole is undone.
    (
        "DKK",
        &[("payer", "held", 1300), ("held", "taken", 1000), ("taken", "payer", 1000), ("held", "payer", 300)],
        [0, 300, 0],
    ),
    (
        "EUR",
        &[("payer", "held", 1300), ("held", "taken", 1000), ("held", "taken", 100), ("held", "payer", 200)],
        [0, 200, 100],
    ),
    // A part of the price is given back, which says nothing of the deposit.
    (
        "GBP",
        &[("payer", "held", 1300), ("held", "taken", 1100), ("held", "payer", 200), ("taken", "payer", 500)],
        [0, 200, 100],
    ),
];

#[tokio::test]
async fn a_deposit_is_told_from_the_price_it_is_held_with() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let (mut entry, mut wanted) = (0, Vec::new());
        for ((currency, moves, told), number) in DEPOSITS.into_iter().zip(50..) {
            house.sources.add_payment(number, number - 10, 2).await;
            let id = house.sources.id(number);
            house.sources.run(&format!("UPDATE payments SET currency = '{currency}' WHERE id = {id}")).await;
            for (from, to, minor) in moves {
                entry += 1;
                house.sources.transfer(number, entry, from, to, *minor).await;
            }
            let [held, given_back, kept] = told.map(|minor| json!(minor));
            wanted.push(vec![json!(currency), json!(1), json!(300), held, given_back, kept]);
        }
        house.run().await;
        assert_eq!(house.report("deposits").await, wanted);
    })
    .await;
}

#[tokio::test]
async fn what_was_not_fetched_is_no_part_of_the_price() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_order(40, 2).await;
        house.sources.add_payment(50, 40, 2).await;
        house.sources.transfer(50, 1, "payer", "held", 1300).await;
        let (line, order, item, owner) =
            (house.sources.id(1_041), house.sources.id(40), house.sources.id(21), house.sources.id(1));
        // The order is of two lines, 600 and 400, and the second is left behind.
        house.sources.run("UPDATE order_lines SET amount_minor = 600, progress = 'handed_over'").await;
        house
            .sources
            .run(&format!(
            "INSERT INTO order_lines (id, order_id, position, item_id, owner_id, units, unit_price_minor, amount_minor,
                deposit_minor, progress) VALUES ({line}, {order}, 2, {item}, {owner}, 1, 400, 400, 0, 'not_fetched')"
        ))
            .await;
        house.sources.transfer(50, 2, "held", "taken", 600).await;
        house.sources.transfer(50, 3, "held", "taken", 100).await;
        house.sources.transfer(50, 4, "held", "payer", 600).await;
        house.run().await;
        let deposits = [json!("EUR"), json!(1), json!(300), json!(0), json!(200), json!(100)];
        assert_eq!(house.report("deposits").await, [deposits]);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_a_number_stays_one_through_changes_and_a_reload() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        traded(&house).await;
        house.sources.run("DELETE FROM ledger WHERE entry = 3").await;
        // What a restored backup looks like: the source says everything anew.
        house.sources.run("INSERT INTO etl_change (tbl, pk, op) VALUES ('ledger', '', 'T')").await;
        let gone = "SELECT count(*) FROM raw_ledger WHERE op = 'D'";
        house.run_until(gone, json!(1)).await;
        assert_eq!(house.rows("SELECT entry FROM raw_ledger WHERE op = 'D'").await, [[json!(3)]]);
        assert_eq!(house.value("SELECT count(*) FROM raw_ledger WHERE op = 'S'").await, json!(2));
    })
    .await;
}

#[tokio::test]
async fn a_house_without_orders_has_empty_tables_of_them() {
    let house = House::on_engine(Engine::Sqlite).await;
    let config = etl::Config {
        orders_database_url: vocabulary::Secret::default(),
        payments_database_url: vocabulary::Secret::default(),
        ..house.config.clone()
    };
    let warehouse = etl::Warehouse::open(&config, house.clock.clone()).await.unwrap();
    let report = warehouse.run_once(&|_| {}).await.unwrap();
    assert!(report.tables.iter().all(|table| table.table != "raw_orders"), "{report:?}");
    let counted = warehouse.query("SELECT count(*) FROM fact_order").await.unwrap();
    assert_eq!(counted.rows, [[Value::from(0)]]);
    // They arrive with the service.
    house.sources.add_order(40, 2).await;
    let report = house.run().await;
    assert_eq!(did(&report, "raw_orders").1, 1);
}

//! Programs of others read the same rows.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use test_kit::on_every_database;

use crate::support::House;

/// Every raw table.
pub(crate) const RAW: [&str; 8] = [
    "raw_users",
    "raw_categories",
    "raw_items",
    "raw_reservations",
    "raw_orders",
    "raw_order_lines",
    "raw_payments",
    "raw_ledger",
];

mod soak {
    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn deltalake_and_polars_agree_with_the_sources() {
        let environment = tempfile::tempdir().unwrap();
        match super::environment(environment.path(), &["deltalake", "polars", "pyarrow"]) {
            Ok(()) => super::agree(environment.path()).await,
            Err(reason) => eprintln!("skipped: Python with deltalake and polars cannot be set up here: {reason}"),
        }
    }
}

/// A virtual environment of Python with these packages.
pub(crate) fn environment(environment: &Path, packages: &[&str]) -> Result<(), String> {
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(reason) }
    };
    run(Path::new("python3"), &["-m", "venv", &environment.display().to_string()])?;
    run(&environment.join("bin/pip"), &[&["install", "--quiet"], packages].concat())
}

async fn agree(environment: &Path) {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_category(10, "tools", None).await;
        for number in 100..160 {
            house.sources.add_user(number).await;
            house.sources.add_item(number, number, 10, 500).await;
            house.sources.add_reservation(number, number, number).await;
            house.sources.add_order(number, number).await;
            house.sources.add_payment(number, number, number).await;
            // A number of the ledger is a second of the test's day, too.
            let entry = i64::try_from(number).unwrap();
            house.sources.transfer(number, entry, "payer", "held", entry).await;
        }
        house.run().await;
        house.run_until("SELECT count(*) FROM raw_ledger", json!(60)).await;
        let output = Command::new(environment.join("bin/python"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/readers.py"))
            .arg(&house.config.warehouse)
            .args(RAW)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
        // Keys that are there, and a sum over their newest rows, as the sources were filled.
        let all = json!({ "raw_users": [60, 60], "raw_categories": [1, 1], "raw_items": [60, 60],
            "raw_reservations": [60, 60], "raw_orders": [60, 60], "raw_order_lines": [60, 60_000],
            "raw_payments": [60, 120], "raw_ledger": [60, (100..160).sum::<i64>()] });
        assert_eq!(answers, all);
    })
    .await;
}

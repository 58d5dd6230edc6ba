//! Programs of others read the same rows.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use test_kit::on_every_database;

use crate::support::House;

const TABLES: [&str; 4] = ["raw_users", "raw_categories", "raw_items", "raw_reservations"];

mod soak {
    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn deltalake_and_polars_agree_with_the_sources() {
        let environment = tempfile::tempdir().unwrap();
        match super::python(environment.path()) {
            Ok(()) => super::agree(environment.path()).await,
            Err(reason) => eprintln!("skipped: Python with deltalake and polars cannot be set up here: {reason}"),
        }
    }
}

/// A virtual environment with both readers.
fn python(environment: &Path) -> Result<(), String> {
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(reason) }
    };
    run(Path::new("python3"), &["-m", "venv", &environment.display().to_string()])?;
    run(&environment.join("bin/pip"), &["install", "--quiet", "deltalake", "polars", "pyarrow"])
}

async fn agree(environment: &Path) {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_category(10, "tools", None).await;
        for number in 100..160 {
            house.sources.add_user(number).await;
            house.sources.add_item(number, number, 10, 500).await;
            house.sources.add_reservation(number, number, number).await;
        }
        house.run().await;
        house.run_until("SELECT count(*) FROM raw_users", json!(60)).await;
        let output = Command::new(environment.join("bin/python"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/readers.py"))
            .arg(&house.config.warehouse)
            .args(TABLES)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
        // Count, keys and sum of the versions, as the sources were filled.
        let wanted = |count: i64| json!([count, count, count]);
        let all = json!({ "raw_users": wanted(60), "raw_categories": wanted(1), "raw_items": wanted(60),
            "raw_reservations": wanted(60) });
        assert_eq!(answers, all);
    })
    .await;
}

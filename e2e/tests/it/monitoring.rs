//! What is watched exists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::platform::Platform;

/// Of PostgreSQL alone, which this platform does not have; the tests of the ETL see it there.
const ELSEWHERE: &str = "lendery_etl_ceiling_age_seconds";

#[tokio::test]
async fn alerts_and_dashboards_name_only_metrics_that_there_are() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    // Some appear with the first of what they count.
    let login = json!({ "email": "ada@example.org", "password": "ladder-and-lathe" });
    platform.web.post("/api/v1/auth/login", &login).await.expect(200);
    platform.web.get("/api/v1/items").await.expect(200);
    assert!(platform.command(&["etl", "run"]).await.status.success());
    let metrics = String::from_utf8(platform.ops.get("/metrics").await.expect(200).body).unwrap();
    let named = named(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/monitoring"));
    assert!(named.contains("lendery_gateway_requests_total"), "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| *name != ELSEWHERE && !is_there(&metrics, name)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "{metrics}");
    assert!(!is_there(&metrics, "lendery_gateway_requests_totals"), "the check can fail");
    assert!(platform.stop().await);
}

/// Every metric of Lendery's in the files of a folder.
fn named(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(named(&path));
            continue;
        }
        let file = std::fs::read_to_string(&path).unwrap();
        let words = file.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
        names.extend(words.filter(|word| word.starts_with("lendery_")).map(str::to_owned));
    }
    names
}

/// Whether there is a sample of this name (the text format of Prometheus).
fn is_there(metrics: &str, name: &str) -> bool {
    let samples = metrics.lines().filter_map(|line| line.strip_prefix(name));
    samples.into_iter().any(|rest| rest.starts_with([' ', '{']))
}

//! Kill -9 at any moment loses nothing that was acknowledged.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use test_kit::wait_until;

use crate::member::{join, sign_in};
use crate::platform::Platform;

const WRITERS: usize = 4;

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_at_any_moment() {
    kill_and_look(3).await;
}

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn what_was_acknowledged_is_there_after_200_kills() {
        super::kill_and_look(200).await;
    }
}

async fn kill_and_look(kills: usize) {
    let directory = tempfile::tempdir().unwrap();
    let mut platform = Platform::up_with(directory.path(), &["--demo"]).await;
    join(&platform.web, "writer@example.org").await;
    for round in 0..kills {
        let writer = sign_in(&platform.web, "writer@example.org").await;
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let count = Arc::new(AtomicUsize::new(0));
        for _ in 0..WRITERS {
            let (client, acknowledged, count) = (writer.client.clone(), acknowledged.clone(), count.clone());
            tokio::spawn(async move { write_until_refused(client, &acknowledged, &count).await });
        }
        // A different number of writes each time, so that the kill finds the writers in different places.
        let enough = 7 + 13 * (round % 17);
        wait_until("some writes", Duration::from_secs(60), async || count.load(Ordering::SeqCst) >= enough).await;
        platform.kill();
        platform = Platform::up(directory.path()).await;
        let paths = acknowledged.lock().unwrap().clone();
        for path in paths {
            platform.web.get(&path).await.expect(200);
        }
    }
}

async fn write_until_refused(client: test_kit::http::Client, acknowledged: &Mutex<Vec<String>>, count: &AtomicUsize) {
    loop {
        let body = json!({ "name": "Kite", "category": "camping" });
        let request = client.request(reqwest::Method::POST, "/api/v1/items").json(&body);
        let Ok(response) = request.send().await else { return };
        if response.status() != 201 {
            return;
        }
        let path = response.headers()["location"].to_str().unwrap().to_owned();
        acknowledged.lock().unwrap().push(path);
        count.fetch_add(1, Ordering::SeqCst);
    }
}

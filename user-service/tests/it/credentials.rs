//! The secret that services show, changed while everything runs.

use std::time::Duration;

use service_kit::clock::Clock;
use test_kit::{on_every_database, wait_until, write_secret};
use user_service::Config;

use crate::app::{TestApp, start};

const OLD: &str = "the-old-secret-of-the-services";
const NEW: &str = "the-new-secret-of-the-services";

async fn accepts(app: &TestApp, secret: &str) -> bool {
    match app.web.with_token(secret).get("/internal/v1/keys").await.status {
        200 => true,
        401 => false,
        other => panic!("answered {other}"),
    }
}

#[tokio::test]
async fn a_secret_is_changed_without_a_moment_in_which_a_service_is_refused() {
    on_every_database(async |database| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        write_secret(&path, &format!("{OLD}\n"));
        let (clock, hands) = Clock::manual(start());
        let config = Config { service_credentials_path: path.clone(), ..Config::default() };
        let app = TestApp::start_with(&database, clock, hands, config).await;
        let patience = Duration::from_secs(20);
        wait_until("the file is read", patience, async || accepts(&app, OLD).await).await;
        assert!(!accepts(&app, NEW).await);
        write_secret(&path, &format!("{OLD}\n\n{NEW}\n"));
        wait_until("both are accepted", patience, async || accepts(&app, NEW).await).await;
        assert!(accepts(&app, OLD).await);
        write_secret(&path, NEW);
        wait_until("the old one is refused", patience, async || !accepts(&app, OLD).await).await;
        assert!(accepts(&app, NEW).await);
    })
    .await;
}

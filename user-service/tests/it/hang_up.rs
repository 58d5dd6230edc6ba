use std::time::Duration;

use serde_json::json;
use test_kit::on_every_database;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::app::{PASSWORD, TestApp};

/// Sends `share` parts of a hundred of a registration, and hangs up.
async fn register_and_hang_up(app: &TestApp, email: &str, share: usize) {
    let body = json!({ "email": email, "password": PASSWORD, "display_name": "Ada" }).to_string();
    let request = format!(
        "POST /api/v1/auth/register HTTP/1.1\r\nhost: users\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(&app.address).await.unwrap();
    let length = request.len() * share / 100;
    socket.write_all(&request.as_bytes()[..length]).await.unwrap();
    socket.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_hang_up_during_a_registration_leaves_a_whole_account_or_none() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        for number in 0..30 {
            // All of the request, or half of its head, or nearly all of its body.
            let share = [100, 20, 97][number % 3];
            register_and_hang_up(&app, &format!("ada{number}@example.org"), share).await;
        }
        // An account that is there already is one that its owner can sign in to.
        for number in 0..30 {
            let email = format!("ada{number}@example.org");
            let status = app.register(&email).await.status;
            assert!(status == 201 || status == 409, "{status}");
            app.login(&email, PASSWORD).await.expect(200);
        }
        assert_eq!(app.count("SELECT count(*) FROM users").await, 30);
    })
    .await;
}

#[tokio::test]
async fn a_login_that_nobody_waits_for_loses_no_later_write() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        app.register("ada@example.org").await.expect(201);
        for number in 0..20 {
            let (web, login) = (app.web.clone(), json!({ "email": "ada@example.org", "password": PASSWORD }));
            let attempt = async move { web.post("/api/v1/auth/login", &login).await.status };
            // The client gives up at many different moments.
            let _gave_up = tokio::time::timeout(Duration::from_millis(number * 4), attempt).await;
            app.register(&format!("member{number}@example.org")).await.expect(201);
        }
        assert_eq!(app.count("SELECT count(*) FROM users").await, 21);
    })
    .await;
}

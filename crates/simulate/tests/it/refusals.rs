use crate::counting::{Platform, simulate};

async fn refused(base: &str) -> String {
    simulate(base, &["1"], &["0"]).await.unwrap_err().to_string()
}

#[tokio::test]
async fn where_nobody_answers_the_remedy_is_to_start_it() {
    // Nobody listens on the port of a service that nobody has had for decades (tcpmux, RFC 1078).
    let said = refused("http://127.0.0.1:1").await;
    assert!(said.contains("http://127.0.0.1:1/ cannot be reached") && said.contains("lendery up"), "{said}");
}

#[tokio::test]
async fn what_is_no_lendery_is_said_to_be_none() {
    // It answers every path with a problem of another house.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = tokio_util::sync::CancellationToken::new();
    let limits = service_kit::serve::Limits::default();
    tokio::spawn(service_kit::serve::serve(listener, axum::Router::new(), limits, shutdown.clone()));
    let said = refused(&base).await;
    assert!(said.contains("no Lendery") && said.contains("404"), "{said}");
    shutdown.cancel();
}

#[tokio::test]
async fn an_empty_platform_is_filled_first() {
    let platform = Platform::empty().await;
    let said = refused(&platform.base).await;
    assert!(said.contains("nothing is on offer") && said.contains("--demo"), "{said}");
}

#[tokio::test]
async fn whoever_may_not_join_is_told_why() {
    let platform = Platform::closed().await;
    let said = refused(&platform.base).await;
    assert!(said.contains("nobody can join") && said.contains("This town is full."), "{said}");
    assert_eq!(platform.count("register"), 1, "it does not get better by asking again");
}

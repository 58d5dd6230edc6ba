use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use events::{Bus, Feed, HttpFeed, InProcessBus, Outbox, feed_routes};
use peer::{Credential, Peer, PeerSettings};
use service_kit::clock::Clock;
use service_kit::credential::ServiceCredentials;
use service_kit::http::{RouterSettings, finish};
use service_kit::serve::{Limits, serve};
use test_kit::http::Client;
use test_kit::{on_every_database_alone, wait_until};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vocabulary::Secret;

use crate::store::{DEADLINE, PRODUCER, Running, open, versions, write};

#[derive(Clone)]
struct State {
    outbox: Outbox,
    credentials: ServiceCredentials,
}

impl FromRef<State> for Outbox {
    fn from_ref(state: &State) -> Self {
        state.outbox.clone()
    }
}

impl FromRef<State> for ServiceCredentials {
    fn from_ref(state: &State) -> Self {
        state.credentials.clone()
    }
}

#[tokio::test]
async fn the_feed_is_read_over_http_page_by_page_by_services_only() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let relay = Running::relay(&outbox, &(Arc::new(InProcessBus::default()) as Arc<dyn Bus>));
        write(&db, &outbox, 1..=250).await;
        wait_until("all to be numbered", DEADLINE, async || versions(&outbox).await.len() == 250).await;
        relay.stop().await;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = State { outbox, credentials: ServiceCredentials::accepting([&Secret::new("hush")]) };
        let settings = RouterSettings { service: "shop", deadline: Duration::from_secs(10), clock: Clock::system() };
        let (router, _document) = finish(feed_routes::<State>(), state, settings);
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, router, Limits::default(), shutdown.clone()));

        let mut settings = PeerSettings::new(PRODUCER, base.parse().unwrap());
        settings.credential = Some(Credential::bearer("hush").unwrap());
        let http = peer::http_client(Duration::from_secs(1)).unwrap();
        let feed = HttpFeed::new(Peer::new(settings, http, 7).unwrap());
        let first = feed.after(0).await.unwrap();
        assert_eq!((first.oldest, first.head, first.events.len()), (1, 250, 200));
        assert_eq!(versions(&feed).await, (1..=250).collect::<Vec<_>>());

        let client = Client::new(base);
        client.get("/internal/v1/events").await.expect(401);
        let service = client.with_token("hush");
        for (query, status) in
            [("after=-1", 422), ("after=x", 422), ("limit=0", 422), ("limit=201", 422), ("from=1", 400)]
        {
            service.get(&format!("/internal/v1/events?{query}")).await.expect(status);
        }
        let page = service.get("/internal/v1/events?after=249&limit=1").await.expect(200).json();
        assert_eq!(page["events"][0]["sequence"], 250);
        shutdown.cancel();
        serving.await.unwrap().unwrap();
    })
    .await;
}

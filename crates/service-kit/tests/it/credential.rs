//! The secret that services share, changed in the file while calls with it are under way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, header};
use peer::{CallContext, Peer, PeerSettings};
use service_kit::caller::ServiceCaller;
use service_kit::credential::{CredentialSource, ServiceCredentials, SharedCredential};
use service_kit::serve::{Limits, serve};
use tempfile::TempDir;
use test_kit::{wait_until, write_secret};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vocabulary::Secret;

const OLD: &str = "the-old-secret-of-the-services";
const NEW: &str = "the-new-secret-of-the-services";
const PATIENCE: Duration = Duration::from_secs(20);

/// Who is called: what it accepts, and what it was shown last.
#[derive(Clone)]
struct Called {
    accepted: ServiceCredentials,
    shown: Arc<Mutex<String>>,
}

impl FromRef<Called> for ServiceCredentials {
    fn from_ref(called: &Called) -> Self {
        called.accepted.clone()
    }
}

async fn answer(State(called): State<Called>, _: ServiceCaller, headers: HeaderMap) -> Json<bool> {
    let shown = headers[header::AUTHORIZATION].to_str().unwrap();
    shown.trim_start_matches("Bearer ").clone_into(&mut called.shown.lock().unwrap());
    Json(true)
}

/// Two services with a file of their own each, as on two machines.
struct Pair {
    directory: TempDir,
    called: Called,
    calls: Peer,
}

impl Pair {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let followed = |name: &str| {
            let path = directory.path().join(name);
            write_secret(&path, OLD);
            let (current, previous) = (Secret::default(), Secret::default());
            SharedCredential::follow(CredentialSource { prefix: "SAMPLE", path, current, previous }).unwrap()
        };
        let called = Called { accepted: followed("called").accepted, shown: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/internal", get(answer)).with_state(called.clone());
        tokio::spawn(serve(listener, router, Limits::default(), CancellationToken::new()));
        let mut settings = PeerSettings::parse("called", &url).unwrap();
        settings.credential = Some(followed("calling").shown);
        let calls = Peer::new(settings, peer::http_client(Duration::from_secs(1)).unwrap(), 7).unwrap();
        Self { directory, called, calls }
    }

    fn write(&self, name: &str, text: &str) {
        write_secret(&self.directory.path().join(name), text);
    }

    async fn passes(&self) -> bool {
        let context = CallContext::within(PATIENCE);
        self.calls.get("/internal", &context).receive::<bool>().await.is_ok()
    }

    fn accepts(&self, secret: &str) -> bool {
        let value = format!("Bearer {secret}").parse().unwrap();
        self.called.accepted.check(&HeaderMap::from_iter([(header::AUTHORIZATION, value)])).is_ok()
    }

    fn was_shown(&self, secret: &str) -> bool {
        *self.called.shown.lock().unwrap() == secret
    }

    /// Calls until the condition holds, and counts the refusals on the way.
    async fn refused_until(&self, what: &str, holds: impl Fn(&Self) -> bool) -> usize {
        let mut refused = 0;
        wait_until(what, PATIENCE, async || {
            refused += usize::from(!self.passes().await);
            holds(self)
        })
        .await;
        refused
    }
}

#[tokio::test]
async fn a_secret_is_changed_without_a_refusal_and_the_old_one_is_worth_nothing_then() {
    let pair = Pair::start().await;
    assert!(pair.passes().await && pair.was_shown(OLD) && !pair.accepts(NEW));
    let both = format!("{OLD}\n{NEW}");
    for name in ["called", "calling"] {
        pair.write(name, &both);
    }
    let mut refused = pair.refused_until("both to be accepted", |pair| pair.accepts(NEW)).await;
    assert!(pair.accepts(OLD));
    pair.write("calling", &format!("{NEW}\n{OLD}"));
    refused += pair.refused_until("the new one to be shown", |pair| pair.was_shown(NEW)).await;
    pair.write("called", NEW);
    refused += pair.refused_until("the old one to be refused", |pair| !pair.accepts(OLD)).await;
    assert_eq!(refused, 0);
    assert!(pair.passes().await);
}

#[tokio::test]
async fn a_secret_that_is_changed_at_one_end_only_is_refused() {
    let pair = Pair::start().await;
    pair.write("called", NEW);
    let holds = |pair: &Pair| !pair.accepts(OLD);
    pair.refused_until("the old one to be refused", holds).await;
    assert!(!pair.passes().await, "the control: refusals would be seen");
}

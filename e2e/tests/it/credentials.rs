//! The secret by which services know each other, changed while every service is a process of its own and members use them:
//! nobody is refused on the way, and the old one is worth nothing in the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use test_kit::http::Client;
use test_kit::{wait_until, write_secret};

use crate::member::join;
use crate::platform::{Platform, START};
use crate::saga::service::{Ports, Service};

const OLD: &str = "the-old-secret-of-the-services";
const NEW: &str = "the-new-secret-of-the-services";

/// What a service says when it has taken over what its file holds now.
const SAID: &str = "service credentials read again";

/// A guarded address of each service that asks the user service, which knows it by its secret.
const ASKING: [(&str, &str); 3] = [
    ("inventory-service", "/api/v1/users/me/items"),
    ("order-service", "/api/v1/cart"),
    ("payment-service", "/api/v1/payments/01890a5d-ac96-774b-bcce-b302099a8057"),
];

/// An address for services alone, of each service.
const GUARDED: [(&str, &str); 4] = [
    ("user-service", "/internal/v1/keys"),
    ("inventory-service", "/internal/v1/reservations/01890a5d-ac96-774b-bcce-b302099a8057"),
    ("order-service", "/internal/v1/events"),
    ("payment-service", "/internal/v1/events"),
];

/// Every service, each with a file of its own for its secret, as on machines of their own.
struct Services {
    files: Vec<PathBuf>,
    running: Vec<(&'static str, Service)>,
    _ports: Ports,
}

impl Services {
    async fn start(directory: &Path) -> Self {
        let mut ports = Ports::reserve();
        let (mut files, mut running, mut users_url) = (Vec::new(), Vec::new(), None);
        for (name, prefix) in [
            ("user-service", "LENDERY_USERS"),
            ("inventory-service", "LENDERY_INVENTORY"),
            ("order-service", "LENDERY_ORDERS"),
            ("payment-service", "LENDERY_PAYMENTS"),
        ] {
            let file = directory.join(format!("{name}.credentials"));
            write_secret(&file, OLD);
            let mut settings = vec![
                ("LOG_FILTER", "info".to_owned()),
                ("DATABASE_URL", format!("sqlite:{}", directory.join(format!("{name}.db")).display())),
                ("SERVICE_CREDENTIALS_PATH", file.display().to_string()),
            ];
            if name == "inventory-service" {
                settings.push(("PHOTOS", directory.join("photos").display().to_string()));
            }
            settings.extend(users_url.clone().map(|url| ("USERS_URL", url)));
            let service = Service::start(name, prefix, &mut ports, &settings);
            users_url.get_or_insert_with(|| service.client.base().to_owned());
            files.push(file);
            running.push((name, service));
        }
        for (_, service) in &running {
            service.ready().await;
        }
        Self { files, running, _ports: ports }
    }

    fn client(&self, name: &str) -> &Client {
        &self.running.iter().find(|(known, _)| *known == name).expect("a service of this name").1.client
    }

    fn write(&self, text: &str) {
        self.files.iter().for_each(|file| write_secret(file, text));
    }

    async fn until_read(&self, times: usize) {
        for (name, service) in &self.running {
            let has_read = async || service.log().matches(SAID).count() >= times;
            wait_until(&format!("{name} to have read its file {times} times"), START, has_read).await;
        }
    }

    /// Whether each service takes a call with this secret.
    async fn take(&self, secret: &str) -> [bool; GUARDED.len()] {
        let mut taken = [false; GUARDED.len()];
        for ((name, path), taken) in GUARDED.into_iter().zip(&mut taken) {
            let status = self.client(name).with_token(secret).get(path).await.status;
            assert!([200, 401, 404].contains(&status), "{name}: {status}");
            *taken = status != 401;
        }
        taken
    }
}

/// Uses every service with a fresh token each time, so that none can go by what it remembers. Answers how often, and what
/// was not answered as it should be.
async fn use_services(
    users: Client,
    asked: Vec<(&'static str, Client)>,
    enough: Arc<AtomicBool>,
    rounds: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut refresh_token = join(&users, "ada@example.org").await.refresh_token;
    let mut surprises = Vec::new();
    while !enough.load(Ordering::Relaxed) {
        let body = json!({ "refresh_token": refresh_token });
        let tokens = users.post("/api/v1/auth/refresh", &body).await.expect(200).json();
        tokens["refresh_token"].as_str().unwrap().clone_into(&mut refresh_token);
        for (path, client) in &asked {
            let answer = client.with_token(tokens["access_token"].as_str().unwrap()).get(path).await;
            if ![200, 404].contains(&answer.status) {
                surprises.push(format!("{path}: {}", answer.status));
            }
        }
        rounds.fetch_add(1, Ordering::Relaxed);
    }
    surprises
}

#[tokio::test]
async fn the_secret_of_the_services_is_changed_while_members_use_them() {
    let directory = tempfile::tempdir().unwrap();
    let services = Services::start(directory.path()).await;
    assert_eq!((services.take(OLD).await, services.take(NEW).await), ([true; 4], [false; 4]));
    let (enough, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let asked = ASKING.map(|(name, path)| (path, services.client(name).clone())).into();
    let users = services.client("user-service").clone();
    let using = tokio::spawn(use_services(users, asked, Arc::clone(&enough), Arc::clone(&rounds)));
    let used_once_more = async || {
        let before = rounds.load(Ordering::Relaxed);
        wait_until("members to use the services", START, async || rounds.load(Ordering::Relaxed) > before + 1).await;
    };
    used_once_more().await;
    // Accepted everywhere, then shown everywhere, then alone.
    for (number, text) in [format!("{OLD}\n{NEW}\n"), format!("{NEW}\n{OLD}\n"), NEW.to_owned()].iter().enumerate() {
        services.write(text);
        services.until_read(number + 1).await;
        assert_eq!(services.take(NEW).await, [true; 4]);
        assert_eq!(services.take(OLD).await, [number < 2; 4]);
        used_once_more().await;
    }
    enough.store(true, Ordering::Relaxed);
    assert_eq!(using.await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_service_whose_secret_nobody_else_has_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let services = Services::start(directory.path()).await;
    let ada = join(services.client("user-service"), "ada@example.org").await;
    let (name, path) = ASKING[0];
    let inventory = services.client(name).with_token(ada.access_token.as_str());
    inventory.get(path).await.expect(200);
    // All but the one that is asked.
    services.files[1..].iter().for_each(|file| write_secret(file, NEW));
    wait_until("the control: a change at one end only is noticed", START, async || {
        inventory.get(path).await.status == 503
    })
    .await;
}

#[tokio::test]
async fn a_platform_in_one_process_takes_a_new_secret_while_it_runs_and_so_do_its_commands() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up(directory.path()).await;
    let file = directory.path().join("secrets/service-credential");
    let old = std::fs::read_to_string(&file).unwrap();
    let (old, new) = (old.trim(), "a-new-secret-of-at-least-32-characters");
    let endpoints = std::fs::read(directory.path().join("run/endpoints.json")).unwrap();
    let endpoints: Value = serde_json::from_slice(&endpoints).unwrap();
    let users = Client::new(format!("http://{}", endpoints["users"].as_str().unwrap()));
    let takes = async |secret: &str| users.with_token(secret).get("/internal/v1/keys").await.status == 200;
    assert!(takes(old).await && !takes(new).await);
    // In place, for nobody else may read it.
    std::fs::write(&file, format!("{old}\n{new}\n")).unwrap();
    wait_until("both to be taken", START, async || takes(new).await && takes(old).await).await;
    assert!(platform.command(&["keys", "list"]).await.status.success());
    std::fs::write(&file, format!("{new}\n")).unwrap();
    wait_until("the old one to be refused", START, async || !takes(old).await && takes(new).await).await;
    assert!(platform.command(&["keys", "list"]).await.status.success());
    let ada = join(&platform.web, "ada@example.org").await;
    for (_, path) in ASKING {
        assert!([200, 404].contains(&ada.client.get(path).await.status), "the services know each other");
    }
}

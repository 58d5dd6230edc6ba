//! Two processes of every service on PostgreSQL, and two gateways in front.

use std::net::TcpListener;
use std::process::Command;

use reqwest::Method;
use tempfile::TempDir;
use test_kit::http::{Client, send};
use test_kit::process::Process;
use test_kit::{Engine, TestDatabase, wait_until};

use crate::member::{Member, join};
use crate::platform::START;
use crate::programs::program;

const SECRET: &str = "a-credential-for-this-test-only";

/// How long a process that stops goes on taking calls, as in production.
const LINGER_MS: &str = "3000";

/// Ports of one town, below those that the system gives away.
const PORTS: u16 = 32;

pub(super) struct Town {
    pub(super) processes: Vec<Instance>,
    pub(super) member: Member,
    _databases: Vec<TestDatabase>,
    _photos: TempDir,
    _held: TcpListener,
}

/// One process of a service.
pub(crate) struct Instance {
    pub(crate) name: &'static str,
    settings: Vec<(String, String)>,
    pub(crate) client: Client,
    pub(super) ops: Client,
    process: Option<Process>,
}

/// Gives out ports in order.
pub(crate) struct Ports(u16);

impl Town {
    pub(super) async fn open() -> Self {
        let (held, mut ports) = reserve();
        let photos = tempfile::tempdir().unwrap();
        let mut databases = Vec::new();
        for _ in 0..4 {
            databases.push(TestDatabase::on(Engine::Postgres).await);
        }
        let url = |number: usize| ("DATABASE_URL", databases[number].url().to_owned());
        let secret = ("SERVICE_CREDENTIAL", SECRET.to_owned());
        // The member stays signed in for as long as the restarts take.
        let token = ("ACCESS_TOKEN_SECONDS", "3600".to_owned());
        let users = pair("user-service", "LENDERY_USERS", &mut ports, &[url(0), secret.clone(), token]);
        let known = [secret.clone(), ("USERS_URL", addresses(&users))];
        let with = |more: &[(&'static str, String)]| [&known[..], more].concat();
        let stock = with(&[url(1), ("PHOTOS", photos.path().display().to_string())]);
        let inventory = pair("inventory-service", "LENDERY_INVENTORY", &mut ports, &stock);
        let paid = with(&[url(2), ("TEST", "true".to_owned())]);
        let payments = pair("payment-service", "LENDERY_PAYMENTS", &mut ports, &paid);
        let asked = [url(3), ("INVENTORY_URL", addresses(&inventory)), ("PAYMENTS_URL", addresses(&payments))];
        let orders = pair("order-service", "LENDERY_ORDERS", &mut ports, &with(&asked));
        let named = [("users", &users), ("inventory", &inventory), ("payments", &payments), ("orders", &orders)];
        let upstreams: Vec<_> = named.iter().map(|(name, pair)| format!("{name}={}", addresses(pair))).collect();
        let gateways = [("UPSTREAMS", upstreams.join(",")), secret];
        let gateways = pair("gateway", "LENDERY_GATEWAY", &mut ports, &gateways);
        let processes: Vec<Instance> = [users, inventory, payments, orders, gateways].into_iter().flatten().collect();
        for process in &processes {
            process.ready().await;
        }
        let door = &processes.last().expect("a gateway").client;
        let member = join(door, "member@example.org").await;
        let stock = processes.iter().find(|process| process.name == "inventory-service").expect("an inventory");
        import(&stock.client, &member).await;
        Self { processes, member, _databases: databases, _photos: photos, _held: held }
    }

    /// What all processes have logged.
    pub(crate) fn said(&self) -> String {
        self.processes
            .iter()
            .map(|process| format!("\n{}: {}", process.name, process.said()))
            .collect::<Vec<_>>()
            .concat()
    }

    /// How clients and their balancer reach each gateway.
    pub(super) fn gateways(&self) -> Vec<(Client, Client)> {
        let gateways = self.processes.iter().filter(|process| process.name == "gateway");
        gateways.map(|gateway| (gateway.client.clone(), gateway.ops.clone())).collect()
    }
}

impl Instance {
    pub(crate) fn start(name: &'static str, prefix: &str, ports: &mut Ports, settings: &[(&str, String)]) -> Self {
        let (address, ops) = (ports.next(), ports.next());
        let mut all = vec![("LISTEN", address.clone()), ("OPS_LISTEN", ops.clone()), ("LOG_FILTER", "warn".to_owned())];
        all.extend(settings.iter().cloned());
        let settings = all.into_iter().map(|(key, value)| (format!("{prefix}_{key}"), value)).collect();
        let client = |address: String| Client::new(format!("http://{address}"));
        let mut instance = Self { name, settings, client: client(address), ops: client(ops), process: None };
        instance.resume();
        instance
    }

    /// Asks it to stop, waits until it has, and until its successor is ready.
    pub(super) async fn restart(&mut self) {
        let mut process = self.process.take().expect("it runs");
        let ended = process.terminate(START).await;
        assert!(ended.success(), "{} has ended with {ended}: {}", self.name, process.stderr());
        self.resume();
        self.ready().await;
    }

    /// What it has logged since it was started last.
    pub(crate) fn said(&self) -> String {
        self.process.as_ref().map(Process::stderr).unwrap_or_default()
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    fn resume(&mut self) {
        let mut command: Command = program(self.name);
        command.envs(self.settings.iter().map(|(key, value)| (key, value))).env("LENDERY_LINGER_MS", LINGER_MS);
        self.process = Some(Process::start(&mut command));
    }

    pub(crate) async fn ready(&self) {
        let name = self.name;
        wait_until(&format!("{name} to be ready"), START, async || is_ready(&self.ops).await).await;
    }
}

/// What a process says of itself on its operations listener.
pub(super) async fn is_ready(ops: &Client) -> bool {
    ops.request(Method::GET, "/readyz").send().await.is_ok_and(|answer| answer.status() == 200)
}

fn pair(name: &'static str, prefix: &str, ports: &mut Ports, settings: &[(&str, String)]) -> [Instance; 2] {
    [(); 2].map(|()| Instance::start(name, prefix, ports, settings))
}

fn addresses(pair: &[Instance; 2]) -> String {
    pair.each_ref().map(|instance| instance.client.base().to_owned()).join(",")
}

/// Makes the category `tools`.
async fn import(inventory: &Client, owner: &Member) {
    const DRILLS: &str = "name,category,description,units,loan_days,tags\nDrill,Tools,,3,14,tool\n";
    let path = format!("/internal/v1/items/import?owner_id={}", owner.id);
    let request = inventory.request(Method::POST, &path).bearer_auth(SECRET);
    send(request.header("content-type", "text/csv").body(DRILLS)).await.expect(200);
}

/// Ports that are the town's own as long as the first is held.
pub(crate) fn reserve() -> (TcpListener, Ports) {
    let reserve = |first: u16| {
        let held = TcpListener::bind(("127.0.0.1", first)).ok()?;
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        (first + 1..first + PORTS).all(is_free).then_some((held, Ports(first)))
    };
    (9_500..11_900).step_by(PORTS.into()).find_map(reserve).expect("ports")
}

impl Ports {
    fn next(&mut self) -> String {
        self.0 += 1;
        format!("127.0.0.1:{}", self.0)
    }
}

//! A running order service with members, an inventory and payments, for the tests of it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use events::InProcessBus;
use inventory_api::{
    Approval, Condition, FakeReservations, Item, ItemStatus, OfferKind, Period, ReservationClient, ReservationState,
};
use order_service::{Config, Deps, run};
use payment_api::{FakePayments, PaymentClient};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use service_kit::RunError;
use service_kit::clock::{Clock, Hands};
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use test_kit::http::{Answer, Client, send};
use test_kit::{on_every_database, wait_until};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::{ActiveToken, FakeUsers, Role};
use uuid::Uuid;
use vocabulary::{Currency, ItemId, Money, Secret, SessionId, UserId};

/// What services show each other in tests.
pub(crate) const CREDENTIAL: &str = "hush";

/// When tests begin.
pub(crate) const NOON: &str = "2027-03-10T12:00:00Z";

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running service and all that it asks.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) base: String,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<(), RunError>>,
}

/// What a service that dies leaves behind.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) database_url: String,
    pub(crate) clock: Clock,
    pub(crate) hands: Hands,
    pub(crate) users: Arc<FakeUsers>,
    pub(crate) shelves: Arc<FakeReservations>,
    pub(crate) book: Arc<FakePayments>,
    /// Whom the service asks: the shelves and the book, or what stands before them.
    pub(crate) inventory: Arc<dyn ReservationClient>,
    pub(crate) payments: Arc<dyn PaymentClient>,
}

/// Runs `test` against an order service on an empty database of each kind.
pub(crate) async fn on_both(test: impl AsyncFn(&Shop)) {
    on_every_database(async |database| {
        let shop = Shop::open(World::new(database.url())).await;
        test(&shop).await;
        shop.close().await;
    })
    .await;
}

impl World {
    pub(crate) fn new(database_url: &str) -> Self {
        let (clock, hands) = Clock::manual(NOON.parse().unwrap());
        let (shelves, book) = (Arc::new(FakeReservations::default()), Arc::new(FakePayments::default()));
        shelves.set_now(clock.now());
        Self {
            database_url: database_url.to_owned(),
            clock,
            hands,
            users: Arc::default(),
            inventory: shelves.clone(),
            payments: book.clone(),
            shelves,
            book,
        }
    }

    /// Lets time pass, for everybody.
    pub(crate) fn pass(&self, time: Duration) {
        self.hands.advance(time);
        self.shelves.set_now(self.clock.now());
    }
}

impl Shop {
    pub(crate) async fn open(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let deps = Deps {
            clock: world.clock.clone(),
            randomness: Randomness::seeded(7),
            ops: Ops::new("test", shutdown.clone()),
            users: world.users.clone(),
            inventory: world.inventory.clone(),
            payments: world.payments.clone(),
            bus: Arc::new(InProcessBus::default()),
            credentials: ServiceCredentials::accepting([&Secret::new(CREDENTIAL)]),
        };
        let config = Config { database_url: Secret::new(&*world.database_url), ..Config::default() };
        let serving = tokio::spawn(run(config, deps, listener, shutdown.clone()));
        Self { world, base, shutdown, serving }
    }

    pub(crate) async fn close(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
    }

    /// Ends it where it stands, as a crash does. What it leaves behind is answered.
    pub(crate) async fn crash(self) -> World {
        self.serving.abort();
        let _aborted = self.serving.await;
        self.world
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.base.clone())
    }

    /// Signs somebody in, whose token is their name.
    pub(crate) fn member(&self, name: &str) -> Client {
        self.sign_in(name, vec![Role::Member])
    }

    pub(crate) fn admin(&self) -> Client {
        self.sign_in("the-admin", vec![Role::Member, Role::Admin])
    }

    fn sign_in(&self, name: &str, roles: Vec<Role>) -> Client {
        let id = user(name);
        let exp = DateTime::from_timestamp(4_000_000_000, 0).unwrap();
        let token = ActiveToken { sub: id, roles, sid: SessionId::new(id.uuid()), exp };
        self.world.users.accept(name, token);
        self.anonymous().with_token(name)
    }

    /// Something of ada's is on offer from now on.
    pub(crate) fn offer(&self, item: Item) -> ItemId {
        let id = item.id;
        self.world.shelves.offer(item);
        id
    }

    /// A drill for 4.50 a day with a deposit of 50, of which there are two.
    pub(crate) fn drill(&self) -> ItemId {
        self.offer(drill(1))
    }

    /// A novel for 9, of which there are three.
    pub(crate) fn novel(&self) -> ItemId {
        self.offer(novel(2))
    }

    /// Ben orders a drill for three days.
    pub(crate) async fn ordered(&self, token: &str) -> String {
        let drill = self.drill();
        self.place("ben", &json!({ "lines": [line(drill)], "payment": pays(token) })).await
    }

    /// Somebody places an order; its address.
    pub(crate) async fn place(&self, name: &str, order: &Value) -> String {
        let placed = place(&self.member(name), &Uuid::now_v7().to_string(), order).await.expect(202);
        placed.header("location").unwrap().to_owned()
    }

    /// The order at an address as its borrower sees it, once nothing of it is under way and it has this state.
    pub(crate) async fn settled(&self, address: &str, state: &str) -> Value {
        let admin = self.admin();
        let mut last = Value::Null;
        wait_until(&format!("{address} is {state} and settled"), PATIENCE, async || {
            last = admin.get(address).await.expect(200).json();
            last["state"] == state && last["settled"] == true
        })
        .await;
        last
    }

    /// As [`settled`](Self::settled), while time passes, for what waits for it.
    pub(crate) async fn settled_later(&self, address: &str, state: &str) -> Value {
        let admin = self.admin();
        let mut last = Value::Null;
        wait_until(&format!("{address} is {state} and settled"), PATIENCE, async || {
            self.world.pass(Duration::from_secs(1));
            last = admin.get(address).await.expect(200).json();
            last["state"] == state && last["settled"] == true
        })
        .await;
        last
    }

    /// Does something to an order.
    pub(crate) async fn act(&self, name: &str, address: &str, act: &str, body: &Value) -> Answer {
        self.member(name).post(&format!("{address}/{act}"), body).await
    }

    /// How many of an item can be had.
    pub(crate) async fn free(&self, item: ItemId, period: Option<Period>) -> u32 {
        self.world.shelves.free(item, period, &HeaderMap::new()).await.unwrap()
    }

    /// Panics unless nothing is set aside and no money is held or kept.
    pub(crate) async fn nothing_is_left_over(&self) {
        for (id, units, period) in [(drill(1).id, 2, Some(period())), (novel(2).id, 3, None)] {
            if self.world.shelves.item(id, &HeaderMap::new()).await.is_ok() {
                assert_eq!(self.free(id, period).await, units, "something is still set aside");
            }
        }
        for payment in self.world.book.payments() {
            assert_eq!(payment.held.amount_minor, 0, "{payment:?}");
            assert_eq!(payment.captured, payment.refunded, "{payment:?}");
        }
    }

    /// The state of the one reservation that an order of one line has.
    pub(crate) async fn reservation(&self, address: &str) -> ReservationState {
        let id = self.reservation_id(address).await;
        self.world.shelves.reservation(id, &HeaderMap::new()).await.unwrap().state
    }

    /// Changes the service's database past it.
    pub(crate) async fn execute(&self, sql: &str) {
        use sea_orm::{ConnectionTrait, Database};
        let db = Database::connect(&self.world.database_url).await.unwrap();
        db.execute_unprepared(sql).await.unwrap();
    }

    async fn reservation_id(&self, address: &str) -> inventory_api::ReservationId {
        use sea_orm::{ConnectionTrait, Database, Statement};
        let order: Uuid = address.rsplit('/').next().unwrap().parse().unwrap();
        let db = Database::connect(&self.world.database_url).await.unwrap();
        let sql = "SELECT id FROM order_lines WHERE order_id = $1";
        let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, [order.into()]));
        inventory_api::ReservationId::new(row.await.unwrap().unwrap().try_get_by_index(0).unwrap())
    }
}

/// Places an order with a key.
pub(crate) async fn place(client: &Client, key: &str, order: &Value) -> Answer {
    send(client.request(Method::POST, "/api/v1/orders").header("idempotency-key", key).json(order)).await
}

/// Who has this name.
pub(crate) fn user(name: &str) -> UserId {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    UserId::new(Uuid::from_bytes(bytes))
}

/// One drill for three days.
pub(crate) fn line(item: ItemId) -> Value {
    let Period { start, end } = period();
    json!({ "item_id": item, "units": 1, "period": { "start": start, "end": end } })
}

/// Three days from tomorrow.
pub(crate) fn period() -> Period {
    let start = NOON.parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(1);
    Period { start, end: start + TimeDelta::days(3) }
}

pub(crate) fn pays(token: &str) -> Value {
    json!({ "provider": "test", "token": token })
}

pub(crate) fn drill(id: u128) -> Item {
    let euros = |amount_minor| Some(Money { amount_minor, currency: Currency::EUR });
    Item {
        id: ItemId::new(Uuid::from_u128(id)),
        owner_id: user("ada"),
        name: "Drill".to_owned(),
        description: String::new(),
        category: "tools".to_owned(),
        tags: Vec::new(),
        condition: Condition::Good,
        offer: OfferKind::Lend,
        units: Some(2),
        daily_price: euros(450),
        deposit: euros(5_000),
        max_loan_days: Some(14),
        buffer_hours: Some(0),
        stock: None,
        price: None,
        approval: Approval::Auto,
        pickup: None,
        photos: Vec::new(),
        status: ItemStatus::Listed,
        version: 1,
        created_at: NOON.parse().unwrap(),
        updated_at: NOON.parse().unwrap(),
    }
}

pub(crate) fn novel(id: u128) -> Item {
    let price = Some(Money { amount_minor: 900, currency: Currency::EUR });
    Item {
        name: "Novel".to_owned(),
        offer: OfferKind::Sell,
        units: None,
        daily_price: None,
        deposit: None,
        max_loan_days: None,
        buffer_hours: None,
        stock: Some(3),
        price,
        ..drill(id)
    }
}

//! The schedule as a service.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use peer::{Peer, PeerSettings};
use service_kit::RunError;
use service_kit::caller::Sessions;
use service_kit::clock::Clock;
use service_kit::credential::SharedCredential;
use service_kit::http::{RouterSettings, finish};
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use service_kit::serve::{Limits, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use user_api::{HttpUsers, RememberedUsers, Users};

use crate::http::{AppState, Nudge, Nudges, routes};
use crate::schedule::Schedule;
use crate::{Config, EtlError, Warehouse};

/// How long the first attempt after a failure waits; each further one twice as long, up to the schedule's own time. Short,
/// because services that start together with this one create their tables within seconds.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// How long one waits at most.
const LAST_RETRY: Duration = Duration::from_hours(1);

/// How often small files are put together, old ones removed, and erased members forgotten, and how often the warehouse is
/// compared with its sources afterwards.
const MAINTENANCE: TimeDelta = TimeDelta::days(1);

/// How soon a comparison that came to no end is tried again.
const COMPARED_AGAIN: TimeDelta = TimeDelta::hours(1);

/// How often the time of day is looked at. A machine that slept, or whose clock was set, is noticed within it.
const LOOK: Duration = Duration::from_secs(20);

/// How long it may take until the user service accepts a connection.
const CONNECT: Duration = Duration::from_millis(250);

/// What a request may take beyond the time a query has anyway.
const SPARE: Duration = Duration::from_secs(5);

/// What the service is handed rather than reaching for.
pub struct Deps {
    pub clock: Clock,
    pub ops: Ops,
    /// Whom it asks who an administrator is.
    pub users: Arc<dyn Users>,
}

impl Deps {
    /// What a process of its own uses: the machine's clock, and the user service that the settings name.
    ///
    /// # Errors
    /// When a setting cannot be used; the error says which.
    pub fn of_process(config: &Config, ops: Ops) -> Result<Self, RunError> {
        let settings = PeerSettings::parse("user-service", &config.users_url);
        let mut settings = settings.map_err(|error| unusable("users_url", &error))?;
        let credential = config.credential();
        if !credential.is_empty() {
            let credential = SharedCredential::follow(credential);
            settings.credential = Some(credential.map_err(|error| RunError::Settings(error.to_string()))?.shown);
        }
        let http = peer::http_client(CONNECT).map_err(|error| unusable("the HTTP client", &error))?;
        let seed = u64::from_ne_bytes(Randomness::system().bytes());
        let peer = Peer::new(settings, http, seed).map_err(|error| unusable("users_url", &error))?;
        tokio::spawn(peer.watch());
        let (clock, read) = (Clock::system(), Clock::system());
        let users = RememberedUsers::new(Arc::new(HttpUsers::new(peer)), move || read.now());
        Ok(Self { clock, ops, users: Arc::new(users) })
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("clock", &self.clock).field("ops", &self.ops).finish_non_exhaustive()
    }
}

fn unusable(setting: &str, error: &dyn fmt::Display) -> RunError {
    RunError::Settings(format!("{setting}: {error}"))
}

/// Runs the schedule until `shutdown`. A run that is under way then is given up and recorded as such; the next one, which
/// need not wait, continues where its last commit was.
///
/// # Errors
/// When a setting cannot be used, the database of runs does not answer at the start, or the listener fails for good.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let settings = |error: EtlError| RunError::Settings(error.to_string());
    let schedule = config.schedule.parse().map_err(settings)?;
    let warehouse = Arc::new(Warehouse::open(&config, deps.clock.clone()).await.map_err(settings)?);
    warehouse.recall_meters().await.map_err(settings)?;
    deps.ops.metrics(|registry| warehouse.meters().register(registry));
    deps.ops.mount(pages(Arc::clone(&warehouse)));
    let nudges = Nudges::default();
    let state =
        AppState { warehouse: Arc::clone(&warehouse), nudges: nudges.clone(), sessions: Sessions::new(deps.users) };
    let deadline = Duration::from_secs(config.query_seconds.max(1).into()) + SPARE;
    let (router, _document) =
        finish(routes(), state, RouterSettings { service: "etl", deadline, clock: deps.clock.clone() });
    let serving = serve(listener, router, Limits::default(), shutdown.clone());
    let working = Box::pin(work(&warehouse, &schedule, &nudges, &deps.clock, &shutdown));
    let comparing = Box::pin(compare(&warehouse, &nudges, &shutdown));
    let (served, (), ()) = tokio::join!(serving, working, comparing);
    Ok(served?)
}

/// `/ops/etl`: the last runs and the tables.
fn pages(warehouse: Arc<Warehouse>) -> Router {
    let status = move || {
        let warehouse = Arc::clone(&warehouse);
        async move {
            match warehouse.status().await {
                Ok(status) => Json(status).into_response(),
                Err(error) => unavailable(&error),
            }
        }
    };
    Router::new().route("/ops/etl", get(status))
}

fn unavailable(error: &EtlError) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response()
}

async fn work(
    warehouse: &Warehouse,
    schedule: &Schedule,
    nudges: &Nudges,
    clock: &Clock,
    shutdown: &CancellationToken,
) {
    let (mut retry, mut maintained, mut compared) = (FIRST_RETRY, None, None);
    let mut due = first(warehouse, schedule, clock).await;
    // One that was asked for and failed is still to be done, however short ago the last one was.
    let mut owed = false;
    while let Some(asked) = shutdown.run_until_cancelled(due_or_asked(clock, due, &nudges.run)).await {
        let next = schedule.after(clock.now());
        owed |= asked;
        let ended = if owed {
            warehouse.run_until(shutdown, &|_| {}).await.map(Some)
        } else {
            warehouse.run_due(schedule, shutdown).await
        };
        owed &= ended.is_err();
        let has_run = matches!(ended, Ok(Some(_)));
        (due, retry) = match ended {
            // Another instance did this one.
            Ok(None) => {
                recall(warehouse).await;
                (first(warehouse, schedule, clock).await, FIRST_RETRY)
            }
            Ok(Some(report)) => {
                tracing::info!(batch = report.batch, duration_ms = report.duration_ms, "the warehouse is up to date");
                (next, FIRST_RETRY)
            }
            Err(EtlError::Stopped) => return,
            Err(error) => {
                let again = next.min(clock.now() + retry);
                tracing::warn!(%error, again = %again.to_rfc3339(), "the warehouse could not be brought up to date");
                (again, retry.saturating_mul(2).min(LAST_RETRY))
            }
        };
        // Also after a failure: members who were erased are forgotten although one of the sources is away.
        if is_over(maintained, MAINTENANCE, clock) {
            maintain(warehouse, shutdown).await;
            maintained = Some(clock.now());
        }
        if has_run && is_over(compared, COMPARED_AGAIN, clock) && is_unknown(warehouse, clock).await {
            nudges.reconciliation.ask();
            compared = Some(clock.now());
        }
    }
}

fn is_over(last: Option<DateTime<Utc>>, pause: TimeDelta, clock: &Clock) -> bool {
    last.is_none_or(|last| clock.now() - last >= pause)
}

/// What another instance has measured is told here as well: of a gauge, the worst instance counts.
async fn recall(warehouse: &Warehouse) {
    if let Err(error) = warehouse.recall_meters().await {
        tracing::warn!(%error, "what other instances measured is not known");
    }
}

/// What fails here is tried again a day later; the rows are there all the same.
async fn maintain(warehouse: &Warehouse, shutdown: &CancellationToken) {
    match Box::pin(warehouse.maintain_until(shutdown)).await {
        // Before its first run there is nothing to tidy.
        Ok(_) | Err(EtlError::Stopped | EtlError::Empty) => {}
        Err(error) => tracing::warn!(%error, "the warehouse could not be tidied"),
    }
}

/// Whether no instance has looked for a day whether the warehouse equals its sources.
async fn is_unknown(warehouse: &Warehouse, clock: &Clock) -> bool {
    match warehouse.last_reconciliation().await {
        Ok(last) => last.is_none_or(|last| clock.now() - last >= MAINTENANCE),
        Err(error) => {
            tracing::warn!(%error, "when the warehouse was last compared with its sources is not known");
            false
        }
    }
}

/// Compares the warehouse with its sources whenever somebody asks for it; runs go on meanwhile.
async fn compare(warehouse: &Warehouse, nudges: &Nudges, shutdown: &CancellationToken) {
    while shutdown.run_until_cancelled(nudges.reconciliation.asked()).await.is_some() {
        match Box::pin(warehouse.reconcile_until(shutdown, &|_| {})).await {
            Ok(outcome) if outcome.is_equal() => {
                tracing::info!(batch = outcome.batch, "the warehouse equals its sources");
            }
            Ok(outcome) => {
                let tables = outcome.different().collect::<Vec<_>>().join(", ");
                tracing::warn!(
                    batch = outcome.batch,
                    tables,
                    "the warehouse differs; `lendery etl reconcile` names the keys"
                );
            }
            Err(EtlError::Stopped) => return,
            Err(error) => tracing::warn!(%error, "the warehouse could not be compared with its sources"),
        }
    }
}

/// When the first run is due: at once if one was missed while nothing ran here. Where there has been none, the schedule
/// counts from the creation of the warehouse's database.
async fn first(warehouse: &Warehouse, schedule: &Schedule, clock: &Clock) -> DateTime<Utc> {
    match warehouse.last_success().await {
        Ok(Some(last)) => schedule.after(last),
        Ok(None) => schedule.after(warehouse.created_at().min(clock.now())),
        Err(error) => {
            tracing::warn!(%error, "when the last run was is not known, so one begins now");
            clock.now()
        }
    }
}

/// Whether it was asked for rather than due.
async fn due_or_asked(clock: &Clock, due: DateTime<Utc>, nudge: &Nudge) -> bool {
    tokio::select! {
        () = wait_until(clock, due) => false,
        () = nudge.asked() => true,
    }
}

async fn wait_until(clock: &Clock, due: DateTime<Utc>) {
    while let Ok(remaining) = (due - clock.now()).to_std() {
        if remaining.is_zero() {
            return;
        }
        tokio::time::sleep(remaining.min(LOOK)).await;
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, SqliteConnection};
    use vocabulary::Secret;

    use super::*;

    #[tokio::test]
    async fn the_first_run_is_due_one_step_after_the_database_was_created() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            database_url: Secret::new(format!("sqlite:{}", folder.path().join("etl.db").display())),
            pseudonym_key: Secret::new("a key of enough bytes"),
            ..Config::default()
        };
        let created: DateTime<Utc> = "2026-03-01T10:07:00Z".parse().unwrap();
        let (clock, hands) = Clock::manual(created);
        let yearly = "0 0 1 1 *".parse().unwrap();
        let often = "15m".parse().unwrap();
        // However often it is started, the count begins with the first time.
        for _ in 0..2 {
            let warehouse = Warehouse::open(&config, clock.clone()).await.unwrap();
            let new_year: DateTime<Utc> = "2027-01-01T00:00:00Z".parse().unwrap();
            assert_eq!(first(&warehouse, &yearly, &clock).await, new_year);
            assert_eq!(first(&warehouse, &often, &clock).await, created + Duration::from_secs(15 * 60));
            hands.advance(Duration::from_secs(60 * 60));
        }
    }

    #[tokio::test]
    async fn a_run_that_another_instance_has_done_is_not_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("etl.db").display());
        let config = Config {
            database_url: Secret::new(&url),
            pseudonym_key: Secret::new("a key of enough bytes"),
            warehouse: folder.path().join("warehouse"),
            ..Config::default()
        };
        let (clock, hands) = Clock::manual("2026-03-01T10:07:00Z".parse().unwrap());
        let warehouse = Warehouse::open(&config, clock.clone()).await.unwrap();
        let run = "INSERT INTO etl_run (id, started_at, outcome) VALUES ('another', $1, 'succeeded')";
        let mut runs = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(run).bind(clock.now().timestamp_micros()).execute(&mut runs).await.unwrap();
        let (schedule, shutdown) = ("15m".parse().unwrap(), CancellationToken::new());
        hands.advance(Duration::from_secs(15 * 60 - 1));
        assert_eq!(warehouse.run_due(&schedule, &shutdown).await.unwrap(), None);
        hands.advance(Duration::from_secs(1));
        // There is no source here, so it fails; but it is begun.
        warehouse.run_due(&schedule, &shutdown).await.unwrap_err();
    }

    #[tokio::test]
    async fn a_run_that_a_clock_dated_ahead_puts_nothing_off() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("etl.db").display());
        let config = Config {
            database_url: Secret::new(&url),
            pseudonym_key: Secret::new("a key of enough bytes"),
            ..Config::default()
        };
        let (clock, _hands) = Clock::manual("2026-03-01T10:07:00Z".parse().unwrap());
        let warehouse = Warehouse::open(&config, clock.clone()).await.unwrap();
        let run = "INSERT INTO etl_run (id, started_at, outcome) VALUES ('ahead', $1, 'succeeded')";
        let ahead = (clock.now() + TimeDelta::days(3650)).timestamp_micros();
        let mut runs = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(run).bind(ahead).execute(&mut runs).await.unwrap();
        let due = first(&warehouse, &"15m".parse().unwrap(), &clock).await;
        assert_eq!(due, clock.now() + TimeDelta::minutes(15));
    }
}

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use peer::breaker::{BreakerSnapshot, Verdict};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_read_routing::RandomReplicaStrategy;
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::io::tcp::TcpSettings;
use redis::{Pipeline, ProtocolVersion, RedisError, RedisResult, Value};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::settings::{InvalidRedisSettings, RedisSettings};
use super::shards::Shards;
use crate::CacheError;

/// Between two attempts to connect anew.
const PAUSE: Duration = Duration::from_millis(250);

/// How long an attempt to connect may take, hung nodes among the seeds included.
const CONNECT: Duration = Duration::from_secs(2);

/// Which connection a call takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lane {
    Quick,
    /// For calls that wait for replicas: Redis answers nothing else on that connection meanwhile.
    Waiting,
}

/// Which nodes a link may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Primaries,
    /// Replicas, too, for those who can tell an outdated answer.
    Anyone,
}

/// A node's part in its shard.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Primary,
    Replica,
}

/// A connection to the cluster that is replaced when calls fail. The client itself follows redirections, but never
/// notices a node that hangs: only a new connection learns who has taken over.
pub(super) struct Link {
    client: ClusterClient,
    response_timeout: Duration,
    current: ArcSwapOption<Current>,
    trouble: Notify,
    seed: u64,
}

struct Current {
    quick: ClusterConnection,
    waiting: ClusterConnection,
    shards: Shards,
}

impl Link {
    pub(super) fn new(settings: &RedisSettings, asks: Asks, seed: u64) -> Result<Self, InvalidRedisSettings> {
        let mut builder = ClusterClientBuilder::new(settings.urls.iter().map(String::as_str))
            .connection_timeout(settings.connect_timeout)
            .response_timeout(settings.response_timeout)
            .overall_response_timeout(Some(settings.response_timeout))
            .retries(1)
            .min_retry_wait(2)
            .max_retry_wait(10)
            .use_protocol(ProtocolVersion::RESP3)
            .tcp_settings(TcpSettings::default().set_nodelay(true));
        if asks == Asks::Anyone {
            // Makes replicas willing; which node is asked is said with each call.
            builder = builder.read_routing_strategy(RandomReplicaStrategy);
        }
        let client = builder.build().map_err(InvalidRedisSettings::Urls)?;
        let (current, trouble) = (ArcSwapOption::empty(), Notify::new());
        Ok(Self { client, response_timeout: settings.response_timeout, current, trouble, seed })
    }

    /// Runs `commands`, all on keys of `slot`, on the primary that serves it.
    pub(super) async fn run(&self, lane: Lane, slot: u16, commands: Pipeline) -> Result<Vec<Value>, CacheError> {
        self.attempt(lane, slot, &[Role::Primary], commands).await.inspect_err(|_| self.seek())
    }

    /// Runs `commands`, which only read keys of `slot`, on its primary, or on a replica while the primary's breaker refuses:
    /// a node that hangs shows itself by its timeouts and by nothing else. What a replica says may be outdated.
    pub(super) async fn read(&self, slot: u16, commands: Pipeline) -> Result<Vec<Value>, CacheError> {
        let roles = [Role::Primary, Role::Replica];
        self.attempt(Lane::Quick, slot, &roles, commands).await.inspect_err(|_| self.seek())
    }

    /// The first of `roles` that may be called is.
    async fn attempt(
        &self,
        lane: Lane,
        slot: u16,
        roles: &[Role],
        commands: Pipeline,
    ) -> Result<Vec<Value>, CacheError> {
        let current = self.current.load_full().ok_or_else(|| failure("no connection to the cluster"))?;
        let (role, permit) = current.shards.admit(slot, roles)?;
        let mut connection = match lane {
            Lane::Quick => current.quick.clone(),
            Lane::Waiting => current.waiting.clone(),
        };
        let node = match role {
            Role::Primary => SlotAddr::Master,
            Role::Replica => SlotAddr::ReplicaRequired,
        };
        let route = SingleNodeRoutingInfo::SpecificNode(Route::new(slot, node));
        let count = commands.len();
        let answers = match timeout(self.response_timeout, connection.route_pipeline(commands, 0, count, route)).await {
            Ok(answers) => answers.and_then(without_errors).map_err(failure),
            Err(elapsed) => Err(failure(elapsed)),
        };
        permit.settle(if answers.is_ok() { Verdict::Success } else { Verdict::Failure });
        answers
    }

    /// Connects anew and learns who serves what.
    pub(super) async fn renew(&self) -> Result<(), CacheError> {
        let connected = timeout(CONNECT, async {
            let (quick, waiting) =
                (self.client.get_async_connection().await?, self.client.get_async_connection().await?);
            let slots = slots(quick.clone()).await?;
            let before = self.current.load();
            let nothing = Shards::default();
            let shards = Shards::read(slots, before.as_ref().map_or(&nothing, |current| &current.shards), self.seed)?;
            Ok::<_, RedisError>(Current { quick, waiting, shards })
        });
        let current = connected.await.map_err(failure)?.map_err(failure)?;
        self.current.store(Some(Arc::new(current)));
        Ok(())
    }

    /// Renews the connection whenever calls fail, at a bounded rate. The log is told once that there is none, and once that there
    /// is one again.
    pub(super) async fn keep(&self) {
        let mut is_away = false;
        loop {
            self.trouble.notified().await;
            let renewed = self.renew().await;
            match &renewed {
                Err(error) if !is_away => tracing::warn!(
                    cause = error.source(),
                    "the Redis Cluster cannot be used; it is tried again until it can, and redis-cluster/check.sh says what it lacks"
                ),
                Ok(()) if is_away => tracing::info!("the Redis Cluster can be used again"),
                _ => {}
            }
            is_away = renewed.is_err();
            if is_away {
                self.trouble.notify_one();
            }
            sleep(PAUSE).await;
        }
    }

    pub(super) fn seek(&self) {
        self.trouble.notify_one();
    }

    pub(super) fn breakers(&self) -> Vec<BreakerSnapshot> {
        self.current.load().as_ref().map(|current| current.shards.snapshots()).unwrap_or_default()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("connected", &self.current.load().is_some()).finish_non_exhaustive()
    }
}

/// Asks nodes at random, for the first may be the one that hangs.
async fn slots(mut connection: ClusterConnection) -> RedisResult<Value> {
    let mut command = redis::cmd("CLUSTER");
    command.arg("SLOTS");
    let anyone = || RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
    for _ in 0..4 {
        if let Ok(slots) = connection.route_command(command.clone(), anyone()).await {
            return Ok(slots);
        }
    }
    connection.route_command(command, anyone()).await
}

fn without_errors(answers: Vec<Value>) -> RedisResult<Vec<Value>> {
    answers.into_iter().map(Value::extract_error).collect()
}

pub(super) fn failure(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CacheError {
    CacheError::from(cause.into())
}

use anyhow::{Context, anyhow};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::serve::ServeError;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Backstage, seed};
use crate::data_dir::Secrets;

/// Everything: the gateway in front, the services and the warehouse's schedule behind it, the operations listener beside it.
pub(crate) struct Front {
    backstage: Backstage,
    gateway: JoinHandle<Result<(), RunError>>,
    gateway_shutdown: CancellationToken,
    ops: JoinHandle<Result<(), ServeError>>,
    ops_shutdown: CancellationToken,
}

impl Front {
    /// Puts the gateway before services that answer already, and tells other commands where everything is.
    pub(crate) async fn start(
        mut backstage: Backstage,
        secrets: &Secrets,
        listener: TcpListener,
        ops_listener: TcpListener,
    ) -> anyhow::Result<Self> {
        backstage.spawn_etl(secrets)?;
        let (web, ops) = (listener.local_addr()?, ops_listener.local_addr()?);
        backstage.spawn_pages(secrets, ops)?;
        let gateway_shutdown = CancellationToken::new();
        let (ops_board, http) = (backstage.ops.clone(), backstage.http.clone());
        let listening = vec![backstage.listening()?];
        let deps = gateway::Deps { clock: Clock::system(), ops: ops_board, http, seed: seed(), listening };
        let gateway = gateway::run(backstage.gateway_config(), deps, listener, gateway_shutdown.clone());
        let gateway = tokio::spawn(Box::pin(gateway));
        let ops_shutdown = CancellationToken::new();
        let serving_ops = tokio::spawn(backstage.ops.clone().serve(ops_listener, ops_shutdown.clone()));
        let mut front = Self { backstage, gateway, gateway_shutdown, ops: serving_ops, ops_shutdown };
        let door = [front.backstage.endpoints.pages, web];
        tokio::select! {
            answered = front.backstage.answering(&door) => answered?,
            ended = &mut front.gateway => return Err(early(ended.map_err(anyhow::Error::new)?)),
        }
        front.backstage.publish(web, ops)?;
        Ok(front)
    }

    /// Serves until it is asked to stop, then drains from the outside in: first nobody new gets in, then what is inside
    /// ends, and the operations listener, which tells how far that is, comes last.
    pub(crate) async fn run_until(mut self, asked_to_stop: CancellationToken) -> anyhow::Result<()> {
        let outcome = tokio::select! {
            () = asked_to_stop.cancelled() => Ok(()),
            error = self.backstage.broken() => Err(error),
            ended = &mut self.gateway => return Err(early(ended.context("the gateway panicked")?)),
        };
        self.backstage.draining.cancel();
        self.gateway_shutdown.cancel();
        self.gateway.await.context("the gateway panicked")??;
        self.backstage.stop().await?;
        self.ops_shutdown.cancel();
        self.ops.await.context("the operations listener panicked")??;
        outcome
    }
}

fn early(ended: Result<(), RunError>) -> anyhow::Error {
    match ended {
        Ok(()) => anyhow!("the gateway ended without being asked to"),
        Err(error) => anyhow::Error::new(error).context("gateway"),
    }
}

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use anyhow::Context;
use service_kit::RunError;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// A free loopback port that belongs to no runtime yet, and its address.
pub(super) fn listener() -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("the system has no free loopback port")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Starts the ETL on a thread and a runtime of its own: a run sorts and compresses for longer than any request may wait for
/// a turn. The future ends when the ETL does.
pub(super) fn start(
    config: etl::Config,
    deps: etl::Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<impl Future<Output = Result<(), RunError>> + Send + 'static> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (tell, told) = oneshot::channel();
    let work = move || {
        let ended = runtime.block_on(async {
            let listener =
                tokio::net::TcpListener::from_std(listener).map_err(|error| RunError::Settings(error.to_string()))?;
            Box::pin(etl::run(config, deps, listener, shutdown)).await
        });
        // Nobody listens any more only when the process is ending for another reason.
        let _unheard = tell.send(ended);
    };
    thread::Builder::new().name("etl".to_owned()).spawn(work).context("the system refused a thread")?;
    Ok(
        async move { told.await.unwrap_or_else(|_| Err(RunError::Background { what: "etl", cause: "it panicked".into() })) },
    )
}

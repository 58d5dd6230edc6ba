//! One service as a process that is killed and started again.

use std::net::TcpListener;
use std::process::Command;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use test_kit::http::Client;
use test_kit::process::Process;
use test_kit::wait_until;

use crate::platform::START;
use crate::programs::program;

/// Ports of one town, below those that the system gives away; they are its own as long as the first is held.
pub(crate) struct Ports {
    next: u16,
    _held: TcpListener,
}

/// More than a town has listeners.
const PORTS: u16 = 20;

impl Ports {
    pub(crate) fn reserve() -> Self {
        let reserve = |first: u16| {
            let held = TcpListener::bind(("127.0.0.1", first)).ok()?;
            let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
            (first + 1..first + PORTS).all(is_free).then_some(Self { next: first + 1, _held: held })
        };
        (21_000..31_000).step_by(PORTS.into()).find_map(reserve).expect("ports")
    }

    pub(super) fn next(&mut self) -> u16 {
        self.next += 1;
        self.next - 1
    }
}

/// A service, which runs or has been killed.
pub(crate) struct Service {
    name: &'static str,
    settings: Vec<(String, String)>,
    pub(super) port: u16,
    pub(crate) client: Client,
    ops: Client,
    process: Option<Process>,
}

impl Service {
    /// Starts it; it may take some time until it is ready.
    pub(crate) fn start(name: &'static str, prefix: &str, ports: &mut Ports, settings: &[(&str, String)]) -> Self {
        let (port, ops) = (ports.next(), ports.next());
        let address = |port: u16| format!("127.0.0.1:{port}");
        let mut all = vec![("LISTEN", address(port)), ("OPS_LISTEN", address(ops)), ("LOG_FILTER", "error".to_owned())];
        all.extend(settings.iter().cloned());
        let settings = all.into_iter().map(|(key, value)| (format!("{prefix}_{key}"), value)).collect();
        let client = |port: u16| Client::new(format!("http://{}", address(port)));
        let mut service = Self { name, settings, port, client: client(port), ops: client(ops), process: None };
        service.resume();
        service
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again, where it was.
    pub(super) fn resume(&mut self) {
        let mut command: Command = program(self.name);
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        self.process = Some(Process::start(&mut command));
    }

    /// What it has said since it was started last.
    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map(Process::stderr).unwrap_or_default()
    }

    pub(crate) async fn ready(&self) {
        let name = self.name;
        wait_until(&format!("{name} to be ready"), START, async || {
            try_send(self.ops.request(Method::GET, "/readyz")).await.is_some_and(|(status, _)| status == 200)
        })
        .await;
    }
}

/// What somebody answers, if anybody does: here services die while they are asked.
pub(super) async fn try_send(request: RequestBuilder) -> Option<(u16, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let body = response.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

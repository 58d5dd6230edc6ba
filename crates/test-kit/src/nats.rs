//! A real NATS server with JetStream from the system's packages, for one test.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, command};
use crate::wait_until;

/// A server starts in well under a second.
const DEADLINE: Duration = Duration::from_secs(20);

/// Debian installs it where only root looks for programs.
const PLACES: [&str; 4] =
    ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server", "/opt/homebrew/bin/nats-server"];

/// A NATS server that keeps its streams in a temporary directory, gone with everything in it when this value is dropped.
#[derive(Debug)]
pub struct Server {
    process: Option<Process>,
    directory: TempDir,
    port: u16,
}

impl Server {
    /// Starts a server on a free port.
    pub async fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("lendery-nats.").tempdir().expect("a temporary directory");
        let mut server = Self { process: None, directory, port: 0 };
        server.resume().await;
        server
    }

    /// The URL that clients connect to; it stays the same over [`kill`](Self::kill) and [`resume`](Self::resume).
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// SIGKILL: every connection breaks, and what is stored stays.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Empties the store of a server that was killed.
    pub fn wipe(&self) {
        assert!(self.process.is_none(), "a running server's store is not taken from it");
        fs::remove_dir_all(self.store()).expect("the store of a server that has run");
    }

    /// Starts the server that was killed again, on the same port.
    pub async fn resume(&mut self) {
        let ports = self.directory.path().join("ports");
        let _ = fs::remove_dir_all(&ports);
        fs::create_dir(&ports).expect("a directory for the port");
        // -1 is a port of the system's choice, which the server writes into a file.
        let port = if self.port == 0 { "-1".to_owned() } else { self.port.to_string() };
        let mut server: Command = command(program());
        server.args(["--addr", "127.0.0.1", "--port", &port, "--jetstream", "--store_dir"]).arg(self.store());
        server.arg("--ports_file_dir").arg(&ports);
        self.process = Some(Process::start(&mut server));
        wait_until("nats-server to listen", DEADLINE, async || port_in(&ports).is_some()).await;
        self.port = port_in(&ports).expect("a server that listens");
    }

    fn store(&self) -> std::path::PathBuf {
        self.directory.path().join("store")
    }
}

fn program() -> &'static str {
    let found = PLACES.into_iter().find(|place| Path::new(place).exists());
    found.expect(
        "nats-server is not installed: `apt-get install nats-server` on Debian, `brew install nats-server` on macOS",
    )
}

/// The port in the file that the server writes once it listens.
fn port_in(directory: &Path) -> Option<u16> {
    let file = fs::read_dir(directory).ok()?.next()?.ok()?;
    let ports: Value = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
    let (_, port) = ports["nats"][0].as_str()?.rsplit_once(':')?;
    port.parse().ok()
}

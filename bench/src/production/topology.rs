use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use test_kit::http::Client;
use test_kit::process;

use crate::platform::built;

/// Where operations listen, above the port of their process.
const OPERATIONS: u16 = 500;

/// A topology in a directory; it is stopped with this value.
pub(super) struct Topology {
    script: PathBuf,
    directory: PathBuf,
    programs: PathBuf,
    first_port: u16,
}

impl Topology {
    /// A place for one below `directory`.
    pub(super) fn at(directory: &Path) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        Ok(Self {
            script: root.join("deploy/local/production.sh"),
            directory: directory.join("topology"),
            programs: built()?,
            first_port: free_ports()?,
        })
    }

    /// Runs the script to its end; how long that took.
    pub(super) async fn run(&self, action: &str) -> Result<Duration> {
        let mut command = self.command(action);
        let begun = Instant::now();
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let took = begun.elapsed();
        ensure!(output.status.success(), "production.sh {action}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(took)
    }

    pub(super) fn gateway(&self, number: u16) -> Client {
        self.at_port(number)
    }

    /// The operations listener of a gateway, which a balancer asks whether to send anything there.
    pub(super) fn gateway_operations(&self, number: u16) -> Client {
        self.at_port(number + OPERATIONS)
    }

    /// The user service, as other services call it.
    pub(super) fn users(&self) -> Result<Client> {
        let credential = self.directory.join("secrets/service-credential");
        let credential = std::fs::read_to_string(credential).context("the topology has been started")?;
        Ok(self.at_port(10).with_token(credential.trim()))
    }

    /// Where the two instances of the inventory listen.
    pub(super) fn inventory(&self) -> [String; 2] {
        [20, 21].map(|offset| format!("http://127.0.0.1:{}", self.first_port + offset))
    }

    fn at_port(&self, offset: u16) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.first_port + offset))
    }

    fn command(&self, action: &str) -> Command {
        let mut command = process::command("sh");
        command.arg(&self.script).arg(action).arg(&self.directory);
        command.env("FIRST_PORT", self.first_port.to_string()).env("BIN", &self.programs);
        command
    }
}

impl Drop for Topology {
    fn drop(&mut self) {
        // A measurement that has failed already has nothing more to say.
        let _ = self.command("stop").output();
    }
}

/// The first of the ports that a topology takes, below those that the system gives away.
fn free_ports() -> Result<u16> {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let taken = [0, 1, 10, 11, 20, 21, 30, 40, 50, 55, 60, 61, 62, 63, 64, 65, 80, 81, 82];
    let fits = |first: &u16| taken.iter().all(|offset| free(first + offset) && free(first + offset + OPERATIONS));
    (12_000..20_000).step_by(700).find(fits).context("no free ports for a topology")
}

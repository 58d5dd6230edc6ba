//! The production topology on one machine, by the commands of LocalSetup.md.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;
use test_kit::http::Client;

use crate::member::join;
use crate::programs::{finished, programs, text};

/// A topology in a directory; it is stopped with this value.
struct Topology {
    directory: PathBuf,
    first_port: u16,
}

impl Topology {
    fn command(&self, action: &str) -> Command {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/local/production.sh");
        let mut command = test_kit::process::command("sh");
        command.arg(script).arg(action).arg(&self.directory);
        command.env("FIRST_PORT", self.first_port.to_string()).env("BIN", programs());
        command
    }

    async fn run(&self, action: &str) -> Output {
        finished(self.command(action)).await
    }

    /// One of the two gateways.
    fn gateway(&self, number: u16) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.first_port + number))
    }
}

impl Drop for Topology {
    fn drop(&mut self) {
        // A test that has failed already has nothing more to say.
        let _ = self.command("stop").output();
    }
}

#[tokio::test]
async fn the_production_topology_starts_works_restarts_and_stops_on_one_machine() {
    let directory = tempfile::tempdir().unwrap();
    // PostgreSQL runs as another user where the test is root.
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o711)).unwrap();
    let topology = Topology { directory: directory.path().join("topology"), first_port: free_ports() };
    let started = topology.run("start").await;
    assert!(started.status.success(), "{}{}", text(&started.stdout), text(&started.stderr));
    let status = topology.run("status").await;
    let lines = text(&status.stdout);
    assert!(status.status.success(), "{lines}");
    assert_eq!(lines.lines().count(), 13, "{lines}");

    let (first, second) = (topology.gateway(0), topology.gateway(1));
    let ada = join(&first, "ada@example.org").await;
    second.get("/api/v1/items").await.expect(200);
    let refused = ada.client.post("/api/v1/items", &json!({ "name": "Drill", "category": "tools" })).await;
    assert_eq!(refused.status, 422, "it has no categories yet");
    second.get("/api/v1/categories").await.expect(200);

    let again = topology.run("start").await;
    assert!(again.status.success(), "what runs is left alone: {}", text(&again.stderr));
    let restarted = topology.run("restart").await;
    assert!(restarted.status.success(), "{}", text(&restarted.stderr));
    second.get("/api/v1/users/me").await.expect(401);
    ada.client.get("/api/v1/users/me").await.expect(200);

    let stopped = topology.run("stop").await;
    assert!(stopped.status.success(), "{}", text(&stopped.stderr));
    assert_eq!(topology.run("status").await.status.code(), Some(1));
    assert!(Path::new(&topology.directory).join("secrets/service-credential").exists(), "what it keeps stays");
}

/// The first of the ports that a topology takes, below those that the system gives away.
fn free_ports() -> u16 {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let taken = [0, 1, 10, 11, 20, 21, 30, 40, 50, 55, 60, 61, 62, 63, 64, 65, 80, 81, 82];
    let fits = |first: &u16| taken.iter().all(|offset| free(first + offset) && free(first + offset + 500));
    (12_000..20_000).step_by(700).find(fits).expect("ports")
}

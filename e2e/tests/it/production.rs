//! The production topology on one machine, by the commands of LocalSetup.md.

use std::fs::Permissions;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use test_kit::http::Client;

use crate::manual::{Reader, commands};
use crate::member::join;

/// A topology in a folder of its own; it is stopped with this value.
pub(crate) struct Topology {
    pub(crate) reader: Reader,
    _folder: TempDir,
}

impl Topology {
    /// A place for one, with ports out of `ports`, of which no other test takes any.
    pub(crate) fn place(ports: Range<u16>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL runs as another user where the test is root.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        Self { reader: Reader::in_folder(folder.path(), free_ports(ports)), _folder: folder }
    }

    /// One of the two gateways.
    pub(crate) fn gateway(&self, number: u16) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.reader.first_port + number))
    }
}

impl Drop for Topology {
    fn drop(&mut self) {
        // A test that has failed already has nothing more to say.
        let _ = self.reader.shell("sh deploy/local/production.sh stop /tmp/lendery").output();
    }
}

#[tokio::test]
async fn the_production_topology_starts_works_restarts_and_stops_on_one_machine() {
    let topology = Topology::place(12_000..16_000);
    let reader = &topology.reader;
    let [start, administrator, rest] = commands("Production without containers").try_into().unwrap();
    let [status, doctor, restart, stop] = rest.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(reader.fails_with(&start.replace("production.sh", "productoin.sh")).await, "a wrong command is noticed");

    let started = reader.types(&start).await;
    assert!(
        started.ends_with(&format!("ready {} {}\n", topology.gateway(0).base(), topology.gateway(1).base())),
        "{started}"
    );
    let lines = reader.types(status).await;
    assert_eq!(lines.lines().filter(|line| line.contains(" ready ")).count(), 13, "{lines}");

    let (first, second) = (topology.gateway(0), topology.gateway(1));
    let ada = join(&first, "ada@example.org").await;
    second.get("/api/v1/items").await.expect(200);
    let refused = ada.client.post("/api/v1/items", &json!({ "name": "Drill", "category": "tools" })).await;
    assert_eq!(refused.status, 422, "it has no categories yet");
    reader.types(&administrator).await;
    let login = json!({ "email": "me@example.org", "password": "choose a long one" });
    let token = second.post("/api/v1/auth/login", &login).await.expect(200).json();
    let me =
        second.with_token(token["access_token"].as_str().unwrap()).get("/api/v1/users/me").await.expect(200).json();
    assert!(me["roles"].as_array().unwrap().contains(&json!("admin")), "{me}");

    let well = reader.types(doctor).await;
    assert!(well.contains("16384 slots") && well.contains("database orders"), "{well}");

    reader.types(&start).await;
    let restarted = reader.types(restart).await;
    assert_eq!(restarted.lines().count(), 10, "{restarted}");
    second.get("/api/v1/users/me").await.expect(401);
    ada.client.get("/api/v1/users/me").await.expect(200);

    reader.types(stop).await;
    assert!(reader.fails_with(status).await, "nothing runs");
    assert!(Path::new(&reader.topology()).join("secrets/service-credential").exists(), "what it keeps stays");
}

/// The first of the ports that a topology takes, below those that the system gives away.
fn free_ports(mut among: Range<u16>) -> u16 {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let taken = [0, 1, 10, 11, 20, 21, 30, 40, 50, 55, 60, 61, 62, 63, 64, 65, 80, 81, 82];
    let fits = |first: &u16| taken.iter().all(|offset| free(first + offset) && free(first + offset + 500));
    among.by_ref().step_by(700).find(fits).expect("ports")
}

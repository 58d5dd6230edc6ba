mod crowd;
mod topology;

use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::figure::Figure;
use crate::load;
use crate::platform::directory;
use crowd::Crowd;
use topology::Topology;

/// From the start script to the ready line, with programs that exist.
const READY_S: f64 = 30.0;

/// What two instances serve beside one, where there are cores for both.
const TWO_TO_ONE: f64 = 1.6;

/// Cores from which on a second instance has one of its own: beside the first, PostgreSQL and the load, each with one or two.
const ENOUGH_CORES: usize = 6;

/// Items to be listed.
const ITEMS: usize = 50;

/// Starts, restarts and loads the topology of `deploy/local/production.sh`.
pub(crate) async fn measure(quick: bool) -> Result<Vec<Figure>> {
    let directory = directory()?;
    let topology = Topology::at(directory.path())?;
    let empty = topology.run("start").await?;
    let token = stocked(&topology).await?;
    let restart = restart(&topology, &token).await?;
    let spread = spread(&topology, directory.path(), Duration::from_secs(if quick { 1 } else { 20 }))?;
    topology.run("stop").await?;
    let existing = topology.run("start").await?;
    let ready = |name, after: Duration| Figure {
        name,
        measured: after.as_secs_f64(),
        bound: READY_S,
        unit: "s",
        reference: "PostgreSQL, six nodes of Redis, NATS, and ten processes".to_owned(),
    };
    Ok(vec![
        ready("production, ready from an empty directory", empty),
        ready("production, ready again", existing),
        restart,
        spread,
    ])
}

/// Answers that failed while every process was restarted, one after another.
async fn restart(topology: &Topology, token: &str) -> Result<Figure> {
    let crowd = Crowd::begin(topology, token);
    let took = topology.run("restart").await?;
    let seen = crowd.end().await?;
    Ok(Figure {
        name: "requests that fail while every process is restarted",
        measured: f64::from(seen.failed),
        bound: 0.0,
        unit: "failures",
        reference: format!(
            "{} answered at {:.0} a second in {:.0} s{}",
            seen.answered,
            f64::from(seen.answered) / seen.seconds,
            took.as_secs_f64(),
            seen.first_failure.map(|failure| format!("; the first: {failure}")).unwrap_or_default()
        ),
    })
}

/// What one instance of the inventory serves, against what two do, past the gateway and its cache.
fn spread(topology: &Topology, directory: &Path, duration: Duration) -> Result<Figure> {
    let paths: Vec<String> = (1..=20).map(|limit| format!("/api/v1/items?limit={limit}")).collect();
    let [first, second] = topology.inventory();
    let one = load::get(&first, &paths, duration, directory)?;
    let folders = [directory.join("one"), directory.join("two")];
    for folder in &folders {
        std::fs::create_dir_all(folder)?;
    }
    let two = std::thread::scope(|scope| {
        let other = scope.spawn(|| load::get(&second, &paths, duration, &folders[1]));
        let own = load::get(&first, &paths, duration, &folders[0])?;
        let other = other.join().map_err(|_panic| anyhow::anyhow!("the second load panicked"))??;
        anyhow::Ok(own + other)
    })?;
    let cores = available_parallelism().map_or(1, usize::from);
    let (bound, room) = if cores < ENOUGH_CORES {
        (f64::INFINITY, "which leave no core for a second instance, so that nothing is asked")
    } else {
        (1.0 / TWO_TO_ONE, "which have room for both")
    };
    Ok(Figure {
        name: "one instance of the inventory against two",
        measured: f64::from(one) / f64::from(two),
        bound,
        unit: "of the throughput",
        reference: format!("{one} and {two} lists in {} s on {cores} cores, {room}", duration.as_secs()),
    })
}

/// Puts a category and some things into the inventory; the token of the member who owns them.
async fn stocked(topology: &Topology) -> Result<String> {
    let login = json!({ "email": "admin@example.org", "password": "nine grey herons", "display_name": "Admin" });
    topology.users()?.post("/internal/v1/admins", &login).await.expect(201);
    let gateway = topology.gateway(0);
    let login = json!({ "email": login["email"], "password": login["password"] });
    let session = gateway.post("/api/v1/auth/login", &login).await.expect(200).json();
    let token = session["access_token"].as_str().context("a login has a token")?;
    let admin = gateway.with_token(token);
    admin.post("/api/v1/categories", &json!({ "name": "Ladders" })).await.expect(201);
    for number in 0..ITEMS {
        admin
            .post("/api/v1/items", &json!({ "name": format!("Ladder {number}"), "category": "ladders" }))
            .await
            .expect(201);
    }
    Ok(token.to_owned())
}

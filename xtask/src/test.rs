use anyhow::{Result, ensure};

use crate::child;
use crate::postgres::{SHARED_POSTGRES, Server};
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{layers, openapi, tidy};

/// Runs everything that has to hold, quick checks first and the tests last, then prints how each step went.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::default();
    let server = steps.run("set-up", || Server::start_or_install(&workspace.root));
    steps.run("layers", || layers::check(workspace));
    steps.run("tidy", || tidy::check(workspace));
    steps.run("format", || cargo(workspace, &["fmt", "--all", "--check"]));
    supply_chain(workspace, &mut steps);
    steps.run("deploy", || deploy(workspace));
    steps.run("clippy", || cargo(workspace, &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]));
    // Programs and tests in one go, so that both are built with the same features of the same dependencies.
    let built = steps.run("build", || cargo(workspace, &["build", "--workspace", "--bins", "--tests"]));
    match (built, &server) {
        (Some(()), Some(server)) => {
            steps.run("openapi", || openapi::check(workspace));
            steps.run("tests", || tests(workspace, server));
        }
        _ => steps.skip("tests", "they need the set-up and the build"),
    }
    drop(server);
    println!("\n{}", steps.summary());
    ensure!(steps.passed(), "a step failed");
    Ok(())
}

/// The production topologies, as far as they can be checked without running them.
fn deploy(workspace: &Workspace) -> Result<()> {
    let mut command = child::command(&workspace.root, "sh", &["deploy/check.sh"]);
    command.arg(&workspace.target);
    child::run(command)
}

fn supply_chain(workspace: &Workspace, steps: &mut Steps) {
    if !child::available("cargo", &["deny"]) {
        return steps.skip("cargo-deny", "not installed: `cargo install cargo-deny`");
    }
    let deny = |arguments: &[&str]| cargo(workspace, &[&["deny", "--workspace"], arguments].concat());
    steps.run("cargo-deny", || deny(&["check", "bans", "licenses", "sources"]));
    // Only the advisories come from the network; a machine without one still checks the rest.
    match deny(&["fetch", "db"]) {
        Ok(()) => drop(steps.run("advisories", || deny(&["check", "advisories"]))),
        Err(_) => steps.skip("advisories", "their database cannot be fetched"),
    }
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    child::run(child::command(&workspace.root, "cargo", arguments))
}

fn tests(workspace: &Workspace, server: &Server) -> Result<()> {
    let arguments: &[&str] = if child::available("cargo", &["nextest"]) {
        &["nextest", "run", "--workspace"]
    } else {
        &["test", "--workspace", "--bins", "--lib", "--tests", "--no-fail-fast"]
    };
    let mut command = child::command(&workspace.root, "cargo", arguments);
    command.env(SHARED_POSTGRES, &server.url);
    child::run(command)
}

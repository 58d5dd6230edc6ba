use anyhow::{Result, ensure};

use crate::child;
use crate::postgres::Server;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{layers, openapi, tidy};

/// Where the test kit finds the server that all tests share.
const SHARED_POSTGRES: &str = "LENDERY_TEST_POSTGRES";

/// Runs everything that has to hold, quick checks first and the tests last, then prints how each step went.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::default();
    let server = steps.run("set-up", || Server::start_or_install(&workspace.root));
    steps.run("layers", || layers::check(workspace));
    steps.run("tidy", || tidy::check(workspace));
    steps.run("format", || cargo(workspace, &["fmt", "--all", "--check"]));
    if child::available("cargo", &["deny"]) {
        steps.run("cargo-deny", || cargo(workspace, &["deny", "--workspace", "check"]));
    } else {
        steps.skip("cargo-deny", "not installed: `cargo install cargo-deny`");
    }
    steps.run("clippy", || cargo(workspace, &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]));
    // Programs and tests in one go, so that both are built with the same features of the same dependencies.
    let built = steps.run("build", || cargo(workspace, &["build", "--workspace", "--bins", "--tests"]));
    match (built, &server) {
        (Some(()), Some(server)) => {
            steps.run("openapi", || openapi::check(workspace));
            steps.run("examples", || cargo(workspace, &["test", "--workspace", "--doc"]));
            steps.run("tests", || tests(workspace, server));
        }
        _ => steps.skip("tests", "they need the set-up and the build"),
    }
    drop(server);
    println!("\n{}", steps.summary());
    ensure!(steps.passed(), "a step failed");
    Ok(())
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

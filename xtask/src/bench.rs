use std::fs;

use anyhow::{Context, Result};

use crate::child;
use crate::workspace::Workspace;

/// The programs that are measured besides the gateway, and the one that measures them.
const MEASURED: [&str; 8] =
    ["lendery", "user-service", "inventory-service", "payment-service", "order-service", "etl", "web", "bench"];

/// Builds what is measured as containers have it, together with what measures it, so that they share dependencies, then
/// measures.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut build = vec!["build", "--profile", "production"];
    build.extend(MEASURED.iter().flat_map(|package| ["--package", package]));
    child::run(child::command(&workspace.root, "cargo", &build))?;
    // The gateway has a profile of its own (ADR 3), and its place beside the others.
    child::run(child::command(&workspace.root, "cargo", &["build", "--profile", "gateway", "--package", "gateway"]))?;
    let place = workspace.target.join("production/gateway");
    // What may be there is Cargo's own, linked from where it keeps what it has built.
    if place.exists() {
        fs::remove_file(&place)?;
    }
    fs::copy(workspace.target.join("gateway/gateway"), place)?;
    let program = workspace.target.join("production/bench");
    let program = program.to_str().context("the target directory's path is text")?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    child::run(child::command(&workspace.root, program, &arguments))
}

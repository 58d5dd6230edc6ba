//! Each contract's `openapi.json`, which `lendery openapi --service NAME` prints from the service's code.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::child;
use crate::workspace::Workspace;

/// What `lendery` calls each service that has a contract.
const NAMES: [(&str, &str); 4] = [
    ("inventory-service", "inventory"),
    ("order-service", "orders"),
    ("payment-service", "payments"),
    ("user-service", "users"),
];

/// Compares every document with the code, building that first.
pub(crate) fn build_and_check(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    check(workspace)
}

/// Compares every document with what the built `lendery` prints.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut stale = Vec::new();
    for (service, file) in documents(workspace) {
        let kept = fs::read_to_string(&file).unwrap_or_default();
        if kept != printed(workspace, service)? {
            stale.push(service);
        }
    }
    if !stale.is_empty() {
        bail!("openapi.json of {} differs from the code: run `cargo xtask openapi`", stale.join(", "));
    }
    Ok(())
}

/// Builds `lendery` and writes every document anew.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    for (service, file) in documents(workspace) {
        fs::write(&file, printed(workspace, service)?).with_context(|| file.display().to_string())?;
        println!("{}", file.display());
    }
    Ok(())
}

fn build(workspace: &Workspace) -> Result<()> {
    child::run(child::command(&workspace.root, "cargo", &["build", "--package", "lendery"]))
}

/// The services with a contract, and where each keeps its document.
fn documents(workspace: &Workspace) -> impl Iterator<Item = (&str, PathBuf)> {
    let services = workspace.rooms.iter().filter_map(|room| room.folder.strip_suffix("/api"));
    services.map(|service| (service, workspace.root.join(service).join("api/openapi.json")))
}

fn printed(workspace: &Workspace, service: &str) -> Result<String> {
    let name = NAMES.into_iter().find(|(folder, _)| *folder == service).map(|(_, name)| name);
    let name =
        name.with_context(|| format!("no command prints {service}'s document: name it in xtask/src/openapi.rs"))?;
    let program = workspace.target.join("debug/lendery");
    let program = program.to_str().context("the target directory's path is text")?;
    let output = child::command(&workspace.root, program, &["openapi", "--service", name]).output();
    let output = output.with_context(|| program.to_owned())?;
    if !output.status.success() {
        bail!("lendery openapi --service {name}: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8(output.stdout)?)
}

use anyhow::{Context, Result};

use crate::child;
use crate::workspace::Workspace;

/// Builds what is measured together with what measures it, so that they share dependencies, then measures.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    let build = ["build", "--release", "--package", "lendery", "--package", "bench"];
    child::run(child::command(&workspace.root, "cargo", &build))?;
    let program = workspace.target.join("release/bench");
    let program = program.to_str().context("the target directory's path is text")?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    child::run(child::command(&workspace.root, program, &names))
}

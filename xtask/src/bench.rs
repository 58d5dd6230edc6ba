use anyhow::Result;

use crate::child;
use crate::workspace::Workspace;

/// Builds what is measured, then measures.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    child::run(child::command(&workspace.root, "cargo", &["build", "--release", "--package", "lendery"]))?;
    let mut arguments = vec!["run", "--release", "--package", "bench", "--"];
    arguments.extend(names.iter().map(String::as_str));
    child::run(child::command(&workspace.root, "cargo", &arguments))
}

//! The walls of the house: which crate may name which, which module may name which, and no global state.

mod dependencies;
mod modules;
mod state;

use anyhow::Result;

use crate::violation::report;
use crate::workspace::Workspace;

/// Fails, after printing every breach, unless all walls stand.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut violations = dependencies::check(&workspace.rooms);
    for file in workspace.files()?.iter().filter(|file| file.ending() == "rs") {
        violations.extend(modules::check(file));
        violations.extend(state::check(file));
    }
    report(&violations)
}

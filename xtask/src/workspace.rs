use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::source::{self, SourceFile};

/// What the checks know of this repository: its crates as Cargo sees them, and its files.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) rooms: Vec<Room>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: String,
    /// Relative to the root, with forward slashes.
    pub(crate) folder: String,
    /// The crates that its manifest names, whatever for.
    pub(crate) dependencies: Vec<String>,
    /// Those of them that nothing but its tests needs.
    pub(crate) only_for_tests: Vec<String>,
}

impl Workspace {
    /// Asks Cargo, without touching the lock file or the network.
    pub(crate) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata")?;
        let mut rooms = Vec::new();
        for package in &metadata.packages {
            let manifest = package.manifest_path.strip_prefix(&metadata.workspace_root)?;
            rooms.push(Room {
                name: package.name.to_string(),
                folder: manifest.parent().context("a manifest lies in a folder")?.to_string(),
                dependencies: names(package, |_| true),
                only_for_tests: names(package, |kind| kind == DependencyKind::Development),
            });
        }
        Ok(Self { root: metadata.workspace_root.into(), target: metadata.target_directory.into(), rooms })
    }

    /// Every text file that people wrote.
    pub(crate) fn files(&self) -> Result<Vec<SourceFile>> {
        source::files_below(&self.root)
    }
}

fn names(package: &Package, wanted: impl Fn(DependencyKind) -> bool) -> Vec<String> {
    let dependencies = package.dependencies.iter().filter(|dependency| wanted(dependency.kind));
    dependencies.map(|dependency| dependency.name.clone()).collect()
}

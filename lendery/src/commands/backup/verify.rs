use std::path::Path;

use super::manifest::Manifest;

/// Compares every file of a backup with its list.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) fn run(from: &Path) -> anyhow::Result<()> {
    let manifest = Manifest::verified(from)?;
    println!("{} is whole: {} files, {} bytes.", from.display(), manifest.files.len(), manifest.bytes());
    Ok(())
}

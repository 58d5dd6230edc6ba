use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::manifest::files_below;

/// Makes a folder that only this user may look into, and those above it.
pub(super) fn private_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("{} cannot be made; choose another place", path.display()))
}

/// Refuses a folder that has something in it.
pub(super) fn empty(path: &Path) -> anyhow::Result<()> {
    match std::fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => bail!("{} is not empty; choose a new folder", path.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be used", path.display())),
    }
}

/// Copies the files of a folder that are not in `to` yet, onto the disk and for this user only. A file that goes away
/// meanwhile is left out.
pub(super) fn missing_files(from: &Path, to: &Path) -> anyhow::Result<()> {
    private_folder(to)?;
    for source in in_order(from)? {
        let target = to.join(source.strip_prefix(from)?);
        if target.exists() {
            continue;
        }
        private_folder(target.parent().context("a file lies in a folder")?)?;
        match file(&source, &target) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            copied => copied.with_context(|| format!("{} cannot be copied", source.display()))?,
        }
    }
    Ok(())
}

/// The logs of tables before the files that they name: those are there for as long as the log says so, and what comes later is
/// in no log that was copied.
fn in_order(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let is_log = |path: &Path| path.components().any(|part| part.as_os_str() == "_delta_log");
    let mut files = files_below(folder)?;
    files.sort_by_key(|path| (!is_log(path), path.clone()));
    Ok(files)
}

fn file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// A file that another wrote, onto the disk and for this user only.
pub(super) fn settled(path: &Path) -> anyhow::Result<()> {
    let settle = || {
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
        File::open(path)?.sync_all()
    };
    settle().with_context(|| format!("{} cannot be kept", path.display()))
}

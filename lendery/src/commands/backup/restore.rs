use std::path::Path;

use super::copy;
use super::manifest::Manifest;

/// Makes a data directory of a backup that is whole. The directory has to be new or empty; it appears under its name only once
/// everything is in it.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) fn run(from: &Path, data_dir: &Path) -> anyhow::Result<()> {
    copy::empty(data_dir)?;
    let manifest = Manifest::verified(from)?;
    let mut unfinished = data_dir.as_os_str().to_owned();
    unfinished.push(".restoring");
    let unfinished = Path::new(&unfinished);
    if unfinished.exists() {
        std::fs::remove_dir_all(unfinished)?;
    }
    for room in ["databases", "photos", "secrets", "warehouse"] {
        let room_in_backup = from.join(room);
        if room_in_backup.exists() {
            copy::missing_files(&room_in_backup, &unfinished.join(room))?;
        }
    }
    if data_dir.exists() {
        std::fs::remove_dir(data_dir)?;
    }
    std::fs::rename(unfinished, data_dir)?;
    println!("{} is restored from {} files; `lendery up` starts it.", data_dir.display(), manifest.files.len());
    Ok(())
}

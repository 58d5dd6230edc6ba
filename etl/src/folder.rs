//! What the store for local files leaves to be done in a folder: it asks for no byte to be on the disk, and hides from whoever
//! lists the files it was writing when it was killed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Waits until files and the folders they are in would outlast a power cut. Those that are missing are left out.
pub(crate) async fn kept(files: Vec<PathBuf>) -> io::Result<()> {
    let keep = move || {
        for file in &files {
            sync(file)?;
        }
        let mut folders: Vec<_> = files.iter().filter_map(|file| file.parent()).collect();
        folders.dedup();
        folders.into_iter().try_for_each(sync)
    };
    tokio::task::spawn_blocking(keep).await.map_err(io::Error::other)?
}

/// Every file of a table, its log's among them.
pub(crate) fn files(table: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [table.to_owned(), table.join("_delta_log")] {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// The name of a commit without a byte, up to this version if one is named. It would be read as one that changed nothing.
pub(crate) fn empty_commit(table: &Path, until: Option<u64>) -> io::Result<Option<String>> {
    for entry in fs::read_dir(table.join("_delta_log"))? {
        let entry = entry?;
        let name = entry.file_name().display().to_string();
        let version = name.strip_suffix(".json").and_then(|version| version.parse::<u64>().ok());
        let is_asked_for = version.is_some_and(|version| until.is_none_or(|until| version <= until));
        if is_asked_for && entry.metadata()?.len() == 0 {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Removes what a writer of the table has begun and not touched since: the store writes `name#1` and renames it.
pub(crate) fn remove_half_written(table: &Path, before: SystemTime) -> io::Result<()> {
    for file in files(table)?.into_iter().filter(|file| is_half_written(file)) {
        if fs::metadata(&file)?.modified()? < before {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

fn is_half_written(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.rsplit_once('#'));
    name.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn sync(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_a_killed_writer_left_goes_and_nothing_else() {
        let table = tempfile::tempdir().unwrap();
        fs::create_dir(table.path().join("_delta_log")).unwrap();
        let of = |name: &str| table.path().join(name);
        let (left, writing) = (["part-1.parquet#1", "_delta_log/00000000000000000001.json#12"], "part-2.parquet#1");
        let kept = ["part-1.parquet", "part#a.parquet", "part#", "_delta_log/00000000000000000000.json"];
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        for name in left.iter().chain(&kept).chain([&writing]) {
            let file = File::create(of(name)).unwrap();
            if *name != writing {
                file.set_modified(long_ago).unwrap();
            }
        }
        remove_half_written(table.path(), long_ago + Duration::from_hours(1)).unwrap();
        assert!(left.iter().all(|name| !of(name).exists()));
        assert!(kept.iter().chain([&writing]).all(|name| of(name).exists()));
    }
}

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::TimeDelta;
use etl::{Outcome, Warehouse};
use service_kit::clock::Clock;

use crate::data_dir::{DataDir, SERVICES, Secrets};
use crate::stack::Settings;

/// What every SQLite 3 file begins with (the database file format, §1.3).
const SQLITE_HEADER: [u8; 16] = *b"SQLite format 3\0";

/// Less free space than this, bytes, needs a look: a full disk refuses writes.
const LEAST_FREE_BYTES: u64 = 1 << 30;

/// How far the newest file may lie in the future before the clock is doubted.
pub(super) const CLOCK_SLACK: Duration = Duration::from_secs(60);

/// How old the warehouse's last good run may be; the schedule's default is a quarter of an hour.
pub(super) const WAREHOUSE_AGE: TimeDelta = TimeDelta::hours(24);

/// How much room is left.
pub(super) fn disk(path: &Path) -> Result<String, String> {
    let disk = rustix::fs::statvfs(path).map_err(|error| format!("the disk's free space is not known: {error}"))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let text = format!("{} MiB free", free >> 20);
    if free < LEAST_FREE_BYTES { Err(format!("{text}; make room before it is full")) } else { Ok(text) }
}

/// A clock that was put back shows in files that are newer than now.
pub(super) fn clock(data_dir: &DataDir) -> Result<String, String> {
    let now = SystemTime::from(Clock::system().now());
    let files = SERVICES.iter().flat_map(|name| {
        let file = data_dir.database_file(name);
        [file.with_extension("db-wal"), file]
    });
    let newest = files.filter_map(|file| std::fs::metadata(file).and_then(|file| file.modified()).ok()).max();
    match newest.and_then(|newest| newest.duration_since(now).ok()) {
        Some(ahead) if ahead > CLOCK_SLACK => Err(format!(
            "the last write is {} s in the future: set this machine's clock, or wait until it has passed that time",
            ahead.as_secs()
        )),
        _ => Ok("after everything that was written".to_owned()),
    }
}

/// How old what the warehouse holds is.
pub(super) async fn warehouse(data_dir: &DataDir, secrets: &Secrets) -> Result<String, String> {
    let failed = |error: &dyn Display| format!("the warehouse cannot be read: {error}");
    let config = Settings::load(data_dir).map_err(|error| failed(&error))?.etl_with(secrets);
    let now = Clock::system().now();
    let opened = Warehouse::open(&config, Clock::system()).await.map_err(|error| failed(&error))?;
    let status = opened.status().await.map_err(|error| failed(&error))?;
    let last = status.runs.iter().filter(|run| run.outcome == Outcome::Succeeded).map(|run| run.started_at).max();
    match last {
        None => Ok("not filled yet".to_owned()),
        Some(last) if now - last > WAREHOUSE_AGE => {
            Err(format!("last filled {}; `lendery etl status` says why not since", last.format("%F %T UTC")))
        }
        Some(last) => Ok(format!("last filled {}", last.format("%F %T UTC"))),
    }
}

/// Whether each file is a database.
pub(super) fn databases(data_dir: &DataDir) -> Result<String, String> {
    let mut sizes = Vec::new();
    for name in SERVICES.into_iter().chain(["etl"]) {
        let file = data_dir.database_file(name);
        match header(&file) {
            Ok(SQLITE_HEADER) => sizes.push(format!("{name} is there")),
            Ok(_) => return Err(format!("{} is no SQLite file; restore it from a backup", file.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => sizes.push(format!("{name} not made yet")),
            Err(error) => return Err(format!("{} cannot be read: {error}", file.display())),
        }
    }
    Ok(sizes.join(", "))
}

/// The first bytes of a file.
fn header(file: &Path) -> std::io::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    File::open(file)?.read_exact(&mut bytes)?;
    Ok(bytes)
}

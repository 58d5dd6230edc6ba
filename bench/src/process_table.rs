use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Linux counts CPU time in hundredths of a second towards user space, whatever the kernel's own tick (proc(5)).
const TICK: Duration = Duration::from_millis(10);

/// The CPU time, of user and system, that a process and its direct children have used.
pub(crate) fn cpu_time(id: u32) -> Result<Duration> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")? {
        // A process may end while the table is read.
        let Ok(line) = fs::read_to_string(entry?.path().join("stat")) else { continue };
        let stat = Stat::parse(&line).with_context(|| line.clone())?;
        if stat.id == id || stat.parent == id {
            ticks += stat.ticks;
        }
    }
    Ok(TICK * ticks)
}

/// The resident memory of a process, in MB (1,000,000 bytes).
pub(crate) fn resident_megabytes(id: u32) -> Result<f64> {
    megabytes(id, "VmRSS:")
}

/// The most resident memory that a process has had since its start, in MB (1,000,000 bytes).
pub(crate) fn peak_resident_megabytes(id: u32) -> Result<f64> {
    megabytes(id, "VmHWM:")
}

fn megabytes(id: u32, line: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let kibibytes = status.lines().find_map(|text| text.strip_prefix(line)?.trim().strip_suffix(" kB")?.parse().ok());
    let kibibytes: f64 = kibibytes.with_context(|| format!("a process has a line {line}"))?;
    Ok(kibibytes * 1024.0 / 1e6)
}

/// The part of `/proc/PID/stat` that is of use here.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    id: u32,
    parent: u32,
    ticks: u32,
}

impl Stat {
    /// Fields 1, 4, 14 and 15; the second is a name in parentheses that may itself hold blanks and parentheses.
    fn parse(line: &str) -> Option<Self> {
        let (before, after) = line.rsplit_once(") ")?;
        let fields: Vec<&str> = after.split(' ').collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u32>().ok();
        let id = before.split_once(" (")?.0.parse().ok()?;
        Some(Self { id, parent: number(4)?, ticks: number(14)? + number(15)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let line = "42 (a (b) c) S 7 42 42 0 -1 4194560 100 0 0 0 30 12 0 0 20 0 4 0 100 0 0";
        assert_eq!(Stat::parse(line), Some(Stat { id: 42, parent: 7, ticks: 42 }));
        assert_eq!(Stat::parse("nonsense"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_memory_and_is_in_the_table() {
        let id = std::process::id();
        assert!(resident_megabytes(id).unwrap() > 0.1);
        assert!(cpu_time(id).is_ok());
    }
}

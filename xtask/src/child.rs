use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A command in the workspace's root that reads nothing, and that on Linux ends when this process does, however that
/// comes about.
pub(crate) fn command(root: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = if has_setpriv() {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", program]);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir(root).stdin(Stdio::null());
    command
}

/// Runs `command` to its end; anything but success is an error that repeats it.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let status = command.status().with_context(|| line(&command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(&command));
    }
    Ok(())
}

/// Whether `program` is there and answers `--version` after `arguments`.
pub(crate) fn available(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn has_setpriv() -> bool {
    cfg!(target_os = "linux") && available("setpriv", &[])
}

fn line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a program so that it gets SIGTERM when the process that started it ends.
const TIED: [&str; 3] = ["setpriv", "--pdeathsig", "TERM"];

/// What cargo tells this program of itself. ring's build script takes other values for a reason to build ring anew, and with it
/// everything that speaks TLS, whenever a command of cargo follows one of xtask.
const OF_THIS_PROGRAM: [&str; 7] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// A command in the workspace's root that reads nothing, and that on Linux ends when this process does, however that
/// comes about.
pub(crate) fn command(root: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = if has_setpriv() {
        let mut command = Command::new(TIED[0]);
        command.args(&TIED[1..]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir(root).stdin(Stdio::null());
    for name in OF_THIS_PROGRAM {
        command.env_remove(name);
    }
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

/// What a person would have typed.
fn line(command: &Command) -> String {
    let words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    let typed = if words.starts_with(&TIED.map(Into::into)) { &words[TIED.len()..] } else { &words };
    typed.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_repeats_the_command_as_a_person_would_type_it() {
        let failed = run(command(Path::new("/"), "sh", &["-c", "exit 3"])).unwrap_err();
        assert_eq!(failed.to_string(), "`sh -c exit 3` failed: exit status: 3");
    }

    #[test]
    fn a_missing_program_is_not_available() {
        assert!(available("cargo", &[]));
        assert!(!available("no-such-program", &[]));
    }
}

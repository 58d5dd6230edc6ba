use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A program of this workspace as `cargo build --workspace --bins` has left it.
pub(crate) fn program(name: &str) -> Command {
    let path = programs().join(name);
    assert!(path.exists(), "{} is not built; run `cargo build --workspace --bins`", path.display());
    in_clean_environment(path)
}

/// A program without the settings of whoever runs the tests.
#[expect(clippy::disallowed_methods, reason = "programs inherit the environment; tests decide what of it")]
pub(crate) fn in_clean_environment(program: impl AsRef<OsStr>) -> Command {
    let mut command = test_kit::process::command(program);
    // What the machine's user has set is no part of a test.
    let foreign = std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("LENDERY_"));
    for (key, _) in foreign {
        command.env_remove(key);
    }
    command
}

/// Where the programs of this workspace are.
pub(crate) fn programs() -> PathBuf {
    target_directory().join("debug")
}

/// Runs a program to its end.
pub(crate) async fn finished(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("the program starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[expect(clippy::disallowed_methods, reason = "where cargo puts programs is up to its user")]
fn target_directory() -> PathBuf {
    let ours = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(ours, PathBuf::from)
}

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use test_kit::http::Client;
use test_kit::process::Process;

use crate::programs::{finished, program, text};

/// Long enough for a debug build on a machine that runs other tests beside this one.
pub(crate) const START: Duration = Duration::from_secs(60);

/// A running `lendery up`.
pub(crate) struct Platform {
    data_dir: PathBuf,
    process: Process,
    /// The gateway, as anybody reaches it.
    pub(crate) web: Client,
    /// The operations listener.
    pub(crate) ops: Client,
}

impl Platform {
    /// `lendery up` on free ports, once it is ready.
    pub(crate) async fn up(data_dir: &Path) -> Self {
        Self::up_with(data_dir, &[]).await
    }

    /// The same with more arguments.
    pub(crate) async fn up_with(data_dir: &Path, arguments: &[&str]) -> Self {
        Self::up_as(lendery(data_dir), data_dir, arguments).await
    }

    /// The same with a command whose environment the test has chosen.
    pub(crate) async fn up_as(mut command: Command, data_dir: &Path, arguments: &[&str]) -> Self {
        // The schedule is out of the way: tests start the runs they look at.
        command.env("LENDERY_ETL_SCHEDULE", "0 0 1 1 *");
        command.args(["up", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]).args(arguments);
        let mut process = Process::start(&mut command);
        let web = process.ready(START).await;
        let ops = after(&process.stdout(), "operations").trim_end_matches("/readyz,").to_owned();
        Self { data_dir: data_dir.to_owned(), process, web: Client::new(web), ops: Client::new(ops) }
    }

    /// Everything it has printed.
    pub(crate) fn printed(&self) -> String {
        self.process.stdout()
    }

    /// The operator's command, run beside the platform.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Output {
        command(&self.data_dir, arguments).await
    }

    /// The rows of a query to the warehouse.
    pub(crate) async fn query(&self, sql: &str) -> Vec<Value> {
        let output = self.command(&["etl", "query", sql, "--format", "json"]).await;
        assert!(output.status.success(), "{sql}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("rows as JSON")
    }

    /// The one number that a query answers.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let rows = self.query(sql).await;
        let first = rows[0].as_object().unwrap().values().next().unwrap();
        first.as_i64().unwrap_or_else(|| panic!("{sql} answered {first}"))
    }

    /// As a power cut would.
    pub(crate) fn kill(mut self) {
        self.process.kill();
    }

    /// As Ctrl-C would; true when it ended well.
    pub(crate) async fn stop(mut self) -> bool {
        self.process.terminate(START).await.success()
    }
}

/// `lendery --data-dir DIR`, to which a command is added.
pub(crate) fn lendery(data_dir: &Path) -> Command {
    let mut command = program("lendery");
    command.arg("--data-dir").arg(data_dir);
    command
}

/// Runs a command of the operator on a data directory.
pub(crate) async fn command(data_dir: &Path, arguments: &[&str]) -> Output {
    let mut command = lendery(data_dir);
    command.args(arguments);
    finished(command).await
}

/// The word after `label` in what was printed.
fn after<'a>(printed: &'a str, label: &str) -> &'a str {
    let rest = printed.split_once(label).unwrap_or_else(|| panic!("no {label} in {printed}")).1;
    rest.split_whitespace().next().unwrap()
}

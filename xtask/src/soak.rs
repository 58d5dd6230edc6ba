//! The proofs that take minutes, in full: the same code that the test suite runs shortened.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::child;
use crate::postgres::{SHARED_POSTGRES, Server};
use crate::servers;
use crate::workspace::Workspace;

/// Where the latest result stands, for whoever reads the project.
const RESULT: &str = "docs/soak.md";

/// By convention they are ignored tests in modules of this name.
const FILTER: &str = "test(/(^|::)soak::/)";

const HEAD: &str = "# Soak

The proofs that take minutes, in full, by `cargo xtask soak`: seeded, one at a time, against real servers. `cargo xtask test`
runs those shortened that need no more than PostgreSQL, Redis, NATS and a browser; the readers and the stores of others are
here alone.

| proof | outcome | took |
|---|---|---|
";

const FIGURES_HEAD: &str = "
## Figures

What the proofs measured on the way, in a debug build:

";

/// How one test ended, as cargo-nextest says it.
#[derive(Debug, PartialEq, Eq)]
struct Proof {
    outcome: String,
    seconds: String,
    name: String,
}

/// Runs all of them whose name contains one of `names`, or all, and writes the result down if all ran.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    ensure!(child::available("cargo", &["nextest"]), "this needs cargo-nextest: `cargo install cargo-nextest`");
    let server = Server::start_or_install(&workspace.root)?;
    servers::install_npm(&workspace.root)?;
    let arguments = ["nextest", "run", "--workspace", "--profile", "soak", "--run-ignored", "only", "-E", FILTER];
    let shown = ["--success-output", "immediate"];
    let mut command = child::command(&workspace.root, "cargo", &arguments);
    command.args(shown).args(names).env(SHARED_POSTGRES, &server.url).stderr(Stdio::piped());
    let mut running = command.spawn().context("cargo nextest")?;
    let mut proofs: Vec<Proof> = Vec::new();
    let mut figures: Vec<String> = Vec::new();
    for line in BufReader::new(running.stderr.take().context("a pipe")?).lines() {
        let line = line?;
        println!("{line}");
        // A failure is told again at the end.
        proofs.extend(proof(&line).filter(|proof| proofs.iter().all(|known| known.name != proof.name)));
        figures.extend(figure(&line).filter(|figure| !figures.contains(figure)));
    }
    let status = running.wait()?;
    if names.is_empty() {
        fs::write(workspace.root.join(RESULT), document(&proofs, &figures))?;
    }
    ensure!(status.success(), "a proof failed");
    Ok(())
}

fn document(proofs: &[Proof], figures: &[String]) -> String {
    let mut text = HEAD.to_owned();
    for Proof { outcome, seconds, name } in proofs {
        let _infallible = writeln!(text, "| {name} | {outcome} | {seconds} |");
    }
    if !figures.is_empty() {
        text.push_str(FIGURES_HEAD);
    }
    for figure in figures {
        let _infallible = writeln!(text, "- {figure}");
    }
    text
}

/// What a proof has measured and says in a line such as `figure: 99 % within 7 ms`.
fn figure(line: &str) -> Option<String> {
    line.trim().strip_prefix("figure: ").map(ToOwned::to_owned)
}

/// Reads a line such as `PASS [  12.345s] (1/2) e2e::it restart::soak::a_name`.
fn proof(line: &str) -> Option<Proof> {
    let (outcome, rest) = line.trim().split_once('[')?;
    let (seconds, rest) = rest.split_once(']')?;
    let is_known = ["PASS", "FAIL", "TIMEOUT", "ABORT"].contains(&outcome.trim());
    let name = rest.rsplit_once(") ").map_or(rest, |(_, name)| name).trim();
    (is_known && name.contains("soak::")).then(|| Proof {
        outcome: outcome.trim().to_lowercase(),
        seconds: seconds.trim().to_owned(),
        name: name.replace("soak::", "").replace('_', " "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_of_a_proof_is_read_from_its_line() {
        let read = proof("        PASS [  12.345s] (1/2) e2e::it restart::soak::a_kill_loses_nothing").unwrap();
        assert_eq!(read.name, "e2e::it restart::a kill loses nothing");
        assert_eq!((read.outcome.as_str(), read.seconds.as_str()), ("pass", "12.345s"));
        assert!(proof("     Summary [  12.345s] 1 test run: 1 passed").is_none());
        assert!(proof("        PASS [  12.345s] (1/2) e2e::it restart::a_kill_loses_nothing").is_none());
    }

    #[test]
    fn what_a_proof_measured_is_kept_with_its_outcome() {
        let proofs = [proof("        PASS [  1.0s] (1/1) e2e::it restart::soak::a_kill_loses_nothing").unwrap()];
        let figures: Vec<_> = ["    figure: 7 ms", "    figures are good"].into_iter().filter_map(figure).collect();
        assert!(document(&proofs, &figures).ends_with(
            "| pass | 1.0s |\n\n## Figures\n\nWhat the proofs measured on the way, in a debug build:\n\n- 7 ms\n"
        ));
        assert!(document(&proofs, &[]).ends_with("| pass | 1.0s |\n"));
    }
}

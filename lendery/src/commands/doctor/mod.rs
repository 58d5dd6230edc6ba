//! What is well and what is not.

mod database;
mod redis_cluster;
mod running;
mod stored;
mod topology;

use std::path::Path;
use std::process::ExitCode;

use comfy_table::{Table, TableStyle};
use serde::Serialize;
use serde_json::json;

use crate::cli::Doctor;
use crate::data_dir::{DataDir, Secrets};

/// What was found of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Health {
    Ok,
    /// It works, and somebody should look at it.
    Attention,
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    health: Health,
    /// What is well, or what is not and what helps.
    text: String,
}

impl Finding {
    fn of(what: impl Into<String>, verdict: Result<String, String>) -> Self {
        let (health, text) = match verdict {
            Ok(text) => (Health::Ok, text),
            Err(text) => (Health::Problem, text),
        };
        Self { what: what.into(), health, text }
    }

    fn attention(self) -> Self {
        let health = if self.health == Health::Problem { Health::Attention } else { self.health };
        Self { health, ..self }
    }
}

/// Looks at everything and says what is not well. Exit code 0 when all is well, 1 when something is not, 2 when all works and
/// something needs a look.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(path: &Path, arguments: &Doctor) -> anyhow::Result<ExitCode> {
    let is_production = arguments.secrets.is_some() || !arguments.redis.is_empty() || !arguments.ops.is_empty();
    let findings = if is_production { topology::examine(arguments).await } else { examine(path).await };
    let worst = findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok);
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&json!({ "health": worst, "findings": findings }))?);
    } else {
        println!("{}", as_table(&findings));
    }
    Ok(match worst {
        Health::Ok => ExitCode::SUCCESS,
        Health::Problem => ExitCode::FAILURE,
        Health::Attention => ExitCode::from(2),
    })
}

fn as_table(findings: &[Finding]) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    for Finding { what, health, text } in findings {
        let mark = match health {
            Health::Ok => "ok",
            Health::Attention => "attention",
            Health::Problem => "PROBLEM",
        };
        table.add_row([what.as_str(), mark, text.as_str()]);
    }
    table.trim_fmt()
}

async fn examine(path: &Path) -> Vec<Finding> {
    let data_dir = match DataDir::existing(path) {
        Ok(data_dir) => data_dir,
        Err(error) => return vec![Finding::of("data directory", Err(format!("{error:#}")))],
    };
    let secrets = Secrets::open(&data_dir);
    let private = secrets.as_ref().map(|_| "private".to_owned()).map_err(|error| format!("{error:#}"));
    let mut findings = vec![
        Finding::of("data directory", Ok(format!("{} is writable", path.display()))),
        Finding::of("disk", stored::disk(path)).attention(),
        Finding::of("clock", stored::clock(&data_dir)),
        Finding::of("secrets", private),
        Finding::of("databases", stored::databases(&data_dir)),
    ];
    if let Ok(secrets) = &secrets {
        findings.push(Finding::of("warehouse", stored::warehouse(&data_dir, secrets).await).attention());
    }
    findings.extend(running::examine(&data_dir).await);
    findings
}

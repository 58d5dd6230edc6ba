use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use comfy_table::{Table, TableStyle};
use serde_json::Value;

use crate::data_dir::{DataDir, Endpoints, SERVICES, Secrets};

/// The operations listener is on this machine; it answers at once or is in trouble.
const PATIENCE: Duration = Duration::from_secs(5);

/// What every SQLite 3 file begins with (the database file format, §1.3).
const SQLITE_HEADER: [u8; 16] = *b"SQLite format 3\0";

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    /// What is well, or what is not and what helps.
    verdict: Result<String, String>,
}

/// Looks at everything and says what is not well. Exit code 0 when all is, 1 when something is not.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let findings = examine(path).await;
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    for Finding { what, verdict } in &findings {
        let (mark, text) = match verdict {
            Ok(text) => ("ok", text),
            Err(text) => ("PROBLEM", text),
        };
        table.add_row([*what, mark, text.as_str()]);
    }
    println!("{}", table.trim_fmt());
    let well = findings.iter().all(|finding| finding.verdict.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(path: &Path) -> Vec<Finding> {
    let data_dir = match DataDir::existing(path) {
        Ok(data_dir) => data_dir,
        Err(error) => return vec![Finding { what: "data directory", verdict: Err(format!("{error:#}")) }],
    };
    let mut findings = vec![Finding { what: "data directory", verdict: Ok(format!("{} is writable", path.display())) }];
    let secrets = Secrets::open(&data_dir);
    let verdict = secrets.map(|_| "private".to_owned()).map_err(|error| format!("{error:#}"));
    findings.push(Finding { what: "secrets", verdict });
    findings.push(Finding { what: "databases", verdict: databases(&data_dir) });
    findings.push(Finding { what: "services", verdict: services(&data_dir).await });
    findings
}

fn databases(data_dir: &DataDir) -> Result<String, String> {
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

/// Asks the running process whether it is ready, if there is one.
async fn services(data_dir: &DataDir) -> Result<String, String> {
    if let Ok(Some(_free)) = data_dir.try_lock() {
        return Ok("not running; `lendery up` starts them".to_owned());
    }
    let ops = Endpoints::read(data_dir).and_then(|endpoints| endpoints.ops);
    let ops = ops.ok_or("a process is starting, or a command is at work; ask again in a moment")?;
    let url = format!("http://{ops}/readyz");
    let http = peer::http_client(PATIENCE).map_err(|error| error.to_string())?;
    let silent = |error: reqwest::Error| format!("the running process does not answer at {url}: {error}; restart it");
    let answer = http.get(&url).timeout(PATIENCE).send().await.map_err(silent)?;
    let body: Value = answer.json().await.map_err(silent)?;
    if body["ready"] == true {
        return Ok(format!("ready, operations at http://{ops}"));
    }
    Err(format!("not ready: {}", body["not_ready"]))
}

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use inventory_api::ImportReport;

use super::instance::Instance;
use crate::cli::Import;
use crate::data_dir::DataDir;

/// What the inventory takes in one import.
const LARGEST_BYTES: u64 = 64 * 1024 * 1024;

/// How often the spinner turns while the inventory works.
const TURN: Duration = Duration::from_millis(100);

pub(super) async fn run(data_dir: &Path, import: Import) -> anyhow::Result<()> {
    let Import::Items { file, owner, dry_run, keep_going } = import;
    let csv = read(&file)?;
    DataDir::existing(data_dir)?;
    let instance = Instance::reach(data_dir).await?;
    let imported = send(&instance, csv, &owner, dry_run, keep_going).await;
    instance.leave().await?;
    report(&file, &imported?, dry_run, keep_going)
}

/// Reads a file of a size that the inventory takes.
fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let place = file.display();
    let found = std::fs::metadata(file).with_context(|| format!("cannot read {place}; check the path"))?;
    if !found.is_file() {
        bail!("{place} is not a file; give the path of a CSV file");
    }
    if found.len() > LARGEST_BYTES {
        bail!("{place} has more than {} MiB; split it", LARGEST_BYTES / (1024 * 1024));
    }
    std::fs::read(file).with_context(|| format!("cannot read {place}; check its permissions"))
}

async fn send(
    instance: &Instance,
    csv: Vec<u8>,
    owner: &str,
    dry_run: bool,
    keep_going: bool,
) -> anyhow::Result<ImportReport> {
    let owner = instance.find_user(owner).await?;
    let query =
        [("owner_id", owner.id.to_string()), ("dry_run", dry_run.to_string()), ("keep_going", keep_going.to_string())];
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let spinner = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} {elapsed}")?);
    spinner.set_message(format!("importing {} bytes", csv.len()));
    spinner.enable_steady_tick(TURN);
    let answer = instance.inventory_csv("/internal/v1/items/import", &query, csv).await;
    spinner.finish_and_clear();
    let answer = answer?;
    match answer.json::<ImportReport>() {
        Ok(report) => Ok(report),
        Err(_) => bail!("nothing was imported: {}", answer.complaint()),
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the outcome of a command")]
fn report(file: &Path, report: &ImportReport, dry_run: bool, keep_going: bool) -> anyhow::Result<()> {
    for error in &report.errors {
        let column = error.column.as_deref().map(|column| format!(", column {column}")).unwrap_or_default();
        eprintln!("{}: line {}{column}: {}", file.display(), error.line, error.detail);
    }
    let ImportReport { rows, created, changed, unchanged, errors } = report;
    let refused = errors.len();
    if !errors.is_empty() && !keep_going {
        bail!(
            "nothing was imported: {refused} errors in {rows} rows; mend them, or import the other rows with --keep-going"
        );
    }
    let verb = if dry_run { "would be" } else { "were" };
    println!(
        "{rows} rows: {created} items {verb} created, {changed} changed, {unchanged} left as they are, {refused} errors."
    );
    if refused > 0 {
        bail!("{refused} errors; the other rows {verb} imported");
    }
    Ok(())
}

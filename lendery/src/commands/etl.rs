use std::path::Path;
use std::process::ExitCode;

use etl::Command;
use service_kit::clock::Clock;

use crate::data_dir::{DataDir, Secrets};
use crate::stack::Settings;

pub(super) async fn run(path: &Path, command: Command) -> anyhow::Result<ExitCode> {
    let data_dir = DataDir::existing(path)?;
    let config = Settings::load(&data_dir)?.etl_with(&Secrets::open(&data_dir)?);
    // As a task, for the thread of the program has a small stack.
    Ok(tokio::spawn(async move { Box::pin(etl::execute(&config, Clock::system(), command)).await }).await??)
}

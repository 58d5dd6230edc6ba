//! Validations and logins: what they cost, and what a flood of them does to everybody else.

mod flood;
mod hashing;
mod service;
mod validation;
mod wrk;

use std::time::Duration;

use anyhow::Result;

use crate::figure::Figure;
use crate::platform::{Platform, directory};
use service::Service;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Of the load that measures what a validation costs.
    round: Duration,
    /// Writes of each kind.
    writes: usize,
    /// Turns of each load, with a flood of logins and without it, and how long each is.
    turns: usize,
    turn: Duration,
}

/// The flood lasts for a minute.
const FULL: Size = Size { round: Duration::from_secs(5), writes: 300, turns: 6, turn: Duration::from_secs(5) };
/// Enough to see that it runs.
const QUICK: Size = Size { round: Duration::from_secs(1), writes: 10, turns: 1, turn: Duration::from_secs(1) };

/// Everything about identity, on one platform.
pub(crate) async fn measure(quick: bool) -> Result<Vec<Figure>> {
    let size = if quick { QUICK } else { FULL };
    let directory = directory()?;
    let data = directory.path().join("data");
    let platform = Platform::start(&data).await?;
    let service = Service::find(&data)?;
    let mut figures = validation::from_the_cache(&platform, &service, directory.path(), size).await?;
    figures.push(validation::on_top_of_a_write(&platform, &service, size).await?);
    figures.push(hashing::one_for_each_login(&service).await?);
    figures.extend(flood::measure(&platform, &service, directory.path(), size).await?);
    Ok(figures)
}

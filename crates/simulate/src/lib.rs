//! Members that do not exist, so that an operator sees what a platform bears before its real members find out. They use it
//! from outside, as anybody does: they register, look at things, and with some probability order one. It promises that
//! every request is in the report, with what came of it.

mod crowd;
mod dice;
mod error;
mod kind;
mod member;
mod plot;
mod report;
mod tally;
mod web;

pub use crowd::{Crowd, Members, Probability, Seconds};
pub use error::{NotThat, SimulateError};
pub use kind::Kind;
pub use plot::plot;
pub use report::{KindReport, Report};
pub use web::Base;

use std::num::NonZeroU32;
use std::time::Duration;

use service_kit::clock::Clock;
use service_kit::randomness::Randomness;

use crate::crowd::Everybody;
use crate::web::Web;

/// What a simulation takes from the world around it.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub base: Base,
    pub clock: Clock,
    pub randomness: Randomness,
}

/// Runs one crowd after another against the same platform; `began` is told each time before a crowd begins.
///
/// # Errors
/// When there is no Lendery at the base, or nothing on offer, or nobody can join.
pub async fn run(
    surroundings: &Surroundings,
    crowds: &[Crowd],
    seconds: Seconds,
    mut began: impl FnMut(&Crowd),
) -> Result<Vec<Report>, SimulateError> {
    let web = Web::new(&surroundings.base)?;
    let offers = web.offers().await?;
    let time = Duration::from_secs(NonZeroU32::from(seconds).get().into());
    let mut everybody = Everybody::new(web, surroundings.clone());
    let mut reports = Vec::with_capacity(crowds.len());
    for &crowd in crowds {
        began(&crowd);
        reports.push(everybody.live(crowd, time, &offers).await?);
    }
    Ok(reports)
}

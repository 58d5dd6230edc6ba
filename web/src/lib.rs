//! The pages that people use. It promises that every page works without scripts, that text which others wrote shows as
//! text, that a page which misses a service says so and shows the rest, and that anonymous pages are public GETs which name
//! the cache groups of all they show.

mod clients;
mod config;
mod http;
mod run;
mod session;
mod shown;
mod words;

pub use config::Config;
pub use http::PATHS;
pub use run::{Deps, PHOTO_ATTEMPT, REPORT_ATTEMPT, run};

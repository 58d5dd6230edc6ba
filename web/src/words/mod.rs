//! What the pages say, in every language they speak.

mod catalogue;
mod english;
mod german;
mod language;
mod operating;
mod orders;
mod owning;
mod problems;
mod refusals;

pub(crate) use catalogue::Words;
pub(crate) use language::Language;
pub(crate) use operating::OperatingWords;
pub(crate) use orders::OrderWords;
pub(crate) use problems::{explanation, title};
pub(crate) use refusals::refusal;

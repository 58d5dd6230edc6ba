//! What was ordered, by the member and from the member.

pub(super) mod act;
pub(super) mod events;
mod forms;
pub(super) mod list;
pub(super) mod show;
mod steps;

pub(super) use steps::{StepLine, state_word, step_line};

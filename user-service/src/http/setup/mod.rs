//! Pages that a link leads to, for people who cannot sign in: the first administrator, and whoever forgot a password.

mod form;
mod page;
pub(super) mod show;
pub(super) mod show_reset;
pub(super) mod submit;
pub(super) mod submit_reset;

//! The page on which the first administrator sets an account up, before there is anybody who could sign in.

mod form;
mod page;
pub(super) mod show;
pub(super) mod submit;

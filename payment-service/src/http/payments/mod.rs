pub(super) mod get;
pub(super) mod list;
pub(super) mod paid;
pub(super) mod webhook;

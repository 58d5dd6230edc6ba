pub(super) mod get;
pub(super) mod paid;
pub(super) mod webhook;

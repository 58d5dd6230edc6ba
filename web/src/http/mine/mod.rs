//! What a member offers.

pub(super) mod edit;
mod form;
pub(super) mod list;
mod meaning;
pub(super) mod offer;
pub(super) mod retire;
pub(super) mod status;

pub(super) use edit::send;

//! What a member offers.

pub(super) mod bookings;
pub(super) mod edit;
mod form;
pub(super) mod labels;
pub(super) mod list;
mod meaning;
pub(super) mod offer;
pub(super) mod photos;
pub(super) mod retire;
pub(super) mod status;
pub(super) mod units;

pub(super) use edit::send;

//! What a member has set their mind on.

pub(super) mod checkout;
pub(super) mod put;
pub(super) mod remove;
pub(super) mod show;

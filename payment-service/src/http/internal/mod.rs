pub(super) mod authorise;
pub(super) mod capture;
pub(super) mod check;
pub(super) mod find;
pub(super) mod get;
mod key;
pub(super) mod refund;
pub(super) mod void;

mod key;
mod representation;

pub(super) mod check_out;
pub(super) mod confirm;
pub(super) mod extend;
pub(super) mod free;
pub(super) mod get;
pub(super) mod hold;
pub(super) mod release;
pub(super) mod take_back;

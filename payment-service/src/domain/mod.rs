//! Payments as they may be, whatever asks for them and wherever they are kept.

pub(crate) mod ledger;
pub(crate) mod notice;
pub(crate) mod operation;
pub(crate) mod payment;
pub(crate) mod request;
pub(crate) mod step;

//! sea-orm models, and nothing else.

pub(crate) mod bank;
pub(crate) mod ledger;
pub(crate) mod notice;
pub(crate) mod operation;
pub(crate) mod payment;
pub(crate) mod payment_key;

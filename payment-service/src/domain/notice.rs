use payment_api::{FailureCode, Provider};

use super::step::Key;

/// What a provider tells of its own accord.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) provider: Provider,
    /// The provider's name for this message: one that comes again is the same.
    pub(crate) id: String,
    /// The payment, by what asked for it.
    pub(crate) key: Key,
    /// The provider's name for the hold that it is about.
    pub(crate) reference: String,
    pub(crate) news: News,
}

/// What has happened to a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    Authorised,
    Refused {
        code: FailureCode,
        detail: String,
    },
    /// It ended without anybody here having asked for that.
    Lapsed,
}

use std::str::FromStr;

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ChangeKind, ReservationState};

/// Whether an item comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// It is lent for a time; it has units.
    Lend,
    /// It changes hands for good; it has a stock and a price, of which 0 is a gift.
    Sell,
}

/// Who decides on a request to borrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Whoever asks first gets it.
    Auto,
    /// The owner, each time.
    Owner,
}

/// How worn an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    New,
    LikeNew,
    Good,
    Fair,
    Poor,
}

/// Who can find an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// Its owner alone.
    Draft,
    /// Everybody.
    Listed,
    /// Those who know its address; lists leave it out.
    Paused,
    /// Nobody: its address answers 410.
    Retired,
}

impl OfferKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lend => "lend",
            Self::Sell => "sell",
        }
    }
}

impl Approval {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Owner => "owner",
        }
    }
}

impl Condition {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::LikeNew => "like_new",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

impl ItemStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Listed => "listed",
            Self::Paused => "paused",
            Self::Retired => "retired",
        }
    }
}

impl FromStr for OfferKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        word(text)
    }
}

impl FromStr for Approval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        word(text)
    }
}

impl FromStr for Condition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        word(text)
    }
}

impl FromStr for ChangeKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        word(text)
    }
}

impl FromStr for ReservationState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        word(text)
    }
}

impl FromStr for ItemStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        word(text)
    }
}

/// The variant with this name on the wire; the error lists the names there are.
fn word<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    let named: StrDeserializer<'de, Error> = text.into_deserializer();
    T::deserialize(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for kind in [OfferKind::Lend, OfferKind::Sell] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for approval in [Approval::Auto, Approval::Owner] {
            assert_eq!(approval.as_str().parse(), Ok(approval));
        }
        for condition in [Condition::New, Condition::LikeNew, Condition::Good, Condition::Fair, Condition::Poor] {
            assert_eq!(condition.as_str().parse(), Ok(condition));
        }
        for status in [ItemStatus::Draft, ItemStatus::Listed, ItemStatus::Paused, ItemStatus::Retired] {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for kind in [ChangeKind::Created, ChangeKind::Changed, ChangeKind::Retired] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for state in ReservationState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }

    #[test]
    fn a_word_that_is_none_is_answered_with_those_there_are() {
        let error = "rent".parse::<OfferKind>().unwrap_err().to_string();
        assert!(error.contains("`lend` or `sell`"), "{error}");
    }
}

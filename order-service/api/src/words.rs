use std::str::FromStr;

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Decision, StepKind, StepState};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Things are being set aside.
    Pending,
    /// They are set aside; the money is being held.
    Reserved,
    /// Money is held; an owner has to agree.
    AwaitingApproval,
    /// Money is held and everybody has agreed; the things are being promised.
    Authorised,
    /// Promised; they can be fetched.
    Confirmed,
    /// In use: handed over.
    Active,
    /// Back; the deposit is being released.
    Returned,
    /// Over, and all is done.
    Closed,
    /// Something was not free.
    Rejected,
    /// The money could not be held.
    PaymentFailed,
    /// An owner did not agree.
    Declined,
    /// Given up by who ordered it, or by an administrator.
    Cancelled,
    /// It was not paid, approved or fetched in time.
    Expired,
}

/// Where one line of an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineProgress {
    /// Its owner has still to agree.
    Asked,
    /// Nobody has to agree any more.
    Agreed,
    /// With who ordered it.
    HandedOver,
    /// Back with its owner.
    Back,
    /// Given up: the loan would have been over, and it was not fetched with the rest.
    NotFetched,
}

/// The words on the wire, both ways.
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl FromStr for $type {
            type Err = Error;

            /// The error lists the words there are.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let named: StrDeserializer<'_, Error> = text.into_deserializer();
                Self::deserialize(named)
            }
        }
    };
}

words!(OrderState {
    Pending => "pending",
    Reserved => "reserved",
    AwaitingApproval => "awaiting_approval",
    Authorised => "authorised",
    Confirmed => "confirmed",
    Active => "active",
    Returned => "returned",
    Closed => "closed",
    Rejected => "rejected",
    PaymentFailed => "payment_failed",
    Declined => "declined",
    Cancelled => "cancelled",
    Expired => "expired",
});
words!(LineProgress {
    Asked => "asked",
    Agreed => "agreed",
    HandedOver => "handed_over",
    Back => "back",
    NotFetched => "not_fetched",
});
words!(StepKind {
    Reserve => "reserve",
    Authorise => "authorise",
    Confirm => "confirm",
    Capture => "capture",
    CheckOut => "check_out",
    TakeBack => "take_back",
    Release => "release",
    Void => "void",
    Refund => "refund",
});
words!(StepState {
    Waiting => "waiting",
    Begun => "begun",
    Done => "done",
    Refused => "refused",
    Skipped => "skipped",
    Abandoned => "abandoned",
    Stuck => "stuck",
    Accepted => "accepted",
});
words!(Decision { Retry => "retry", Undo => "undo", Accept => "accept" });

impl OrderState {
    /// Whether an order stays in this state.
    pub fn is_final(self) -> bool {
        match self {
            Self::Closed | Self::Rejected | Self::PaymentFailed | Self::Declined | Self::Cancelled | Self::Expired => {
                true
            }
            Self::Pending
            | Self::Reserved
            | Self::AwaitingApproval
            | Self::Authorised
            | Self::Confirmed
            | Self::Active
            | Self::Returned => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        fn holds<T: Copy + PartialEq + std::fmt::Debug + FromStr<Err = Error>>(all: &[T], word: fn(T) -> &'static str) {
            for value in all {
                assert_eq!(word(*value).parse(), Ok(*value));
            }
        }
        holds(OrderState::ALL, OrderState::as_str);
        holds(LineProgress::ALL, LineProgress::as_str);
        holds(StepKind::ALL, StepKind::as_str);
        holds(StepState::ALL, StepState::as_str);
        holds(Decision::ALL, Decision::as_str);
    }
}

use std::str::FromStr;

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who moves the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Nobody: the token decides what happens.
    Test,
    /// The operator, who takes cash and says so.
    Desk,
    /// Stripe.
    Stripe,
}

/// Where a payment stands. It follows from its amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Asked for; the provider waits for the payer or the operator.
    Created,
    /// Held.
    Authorised,
    /// Taken, in whole or in part.
    Captured,
    /// All that was taken was given back, and nothing is held.
    Refunded,
    /// Released before anything was taken.
    Voided,
    /// Refused by the provider, for good.
    Failed,
    /// The provider did not answer: it may or may not have happened. Asking again tells.
    Unknown,
}

/// What can be asked of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    Authorise,
    Capture,
    Refund,
    Void,
    /// A hold that was growing too old, replaced by a new one.
    Renew,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// The provider works on it, or waits for the payer.
    Pending,
    /// It happened.
    Done,
    /// It did not happen and will not.
    Failed,
    /// No answer: it may or may not have happened.
    Unknown,
}

/// Why a provider refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The payer's bank said no; another means of payment may do.
    Declined,
    /// The token is not one of the provider's, or was used up.
    InvalidToken,
    /// The provider refused for a reason that is not the payer's.
    Refused,
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

words!(Provider { Test => "test", Desk => "desk", Stripe => "stripe" });
words!(PaymentState {
    Created => "created",
    Authorised => "authorised",
    Captured => "captured",
    Refunded => "refunded",
    Voided => "voided",
    Failed => "failed",
    Unknown => "unknown",
});
words!(OperationKind {
    Authorise => "authorise",
    Capture => "capture",
    Refund => "refund",
    Void => "void",
    Renew => "renew",
});
words!(OperationState { Pending => "pending", Done => "done", Failed => "failed", Unknown => "unknown" });
words!(FailureCode { Declined => "declined", InvalidToken => "invalid_token", Refused => "refused" });

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
        holds(Provider::ALL, Provider::as_str);
        holds(PaymentState::ALL, PaymentState::as_str);
        holds(OperationKind::ALL, OperationKind::as_str);
        holds(OperationState::ALL, OperationState::as_str);
        holds(FailureCode::ALL, FailureCode::as_str);
    }

    #[test]
    fn a_word_that_is_none_is_answered_with_those_there_are() {
        let error = "cash".parse::<Provider>().unwrap_err().to_string();
        assert!(error.contains("`test`, `desk`, `stripe`"), "{error}");
    }
}

//! Double entry: every row moves an amount from one account of a payment to another, so what leaves one arrives in one.

use payment_api::{OperationKind, PaymentState};

/// An account of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    /// The payer's own; it is the only one that may be overdrawn here.
    Payer,
    /// Set aside for us.
    Held,
    /// Ours.
    Taken,
}

/// A row of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) from: Account,
    pub(crate) to: Account,
    /// Minor units, more than 0.
    pub(crate) amount: i64,
}

/// The sums of a payment's rows, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    /// From the payer to the held, in all.
    pub(crate) authorised: i64,
    /// From the held to the taken, in all.
    pub(crate) captured: i64,
    /// From the held back to the payer, in all.
    pub(crate) released: i64,
    /// From the taken back to the payer, in all.
    pub(crate) refunded: i64,
}

impl Account {
    /// The word in the ledger.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Payer => "payer",
            Self::Held => "held",
            Self::Taken => "taken",
        }
    }
}

impl Amounts {
    /// What is held now.
    pub(crate) fn held(self) -> i64 {
        self.authorised - self.captured - self.released
    }

    /// What was taken and not given back.
    pub(crate) fn kept(self) -> i64 {
        self.captured - self.refunded
    }

    /// The state that follows from the amounts alone.
    pub(crate) fn state(self) -> PaymentState {
        match self {
            Self { authorised: 0, .. } => PaymentState::Created,
            _ if self.captured > 0 && self.kept() == 0 && self.held() == 0 => PaymentState::Refunded,
            _ if self.captured > 0 => PaymentState::Captured,
            _ if self.held() > 0 => PaymentState::Authorised,
            _ => PaymentState::Voided,
        }
    }
}

/// The rows that an operation of this kind leaves behind when it is done. A renewal gives the old hold back and holds anew.
pub(crate) fn postings(kind: OperationKind, amount: i64) -> Vec<Posting> {
    use Account::{Held, Payer, Taken};
    let moved = |from, to| Posting { from, to, amount };
    let all = match kind {
        OperationKind::Authorise => vec![moved(Payer, Held)],
        OperationKind::Capture => vec![moved(Held, Taken)],
        OperationKind::Refund => vec![moved(Taken, Payer)],
        OperationKind::Void => vec![moved(Held, Payer)],
        OperationKind::Renew => vec![moved(Held, Payer), moved(Payer, Held)],
    };
    all.into_iter().filter(|posting| posting.amount > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_follows_from_the_amounts() {
        let state =
            |authorised, captured, released, refunded| Amounts { authorised, captured, released, refunded }.state();
        assert_eq!(state(0, 0, 0, 0), PaymentState::Created);
        assert_eq!(state(9, 0, 0, 0), PaymentState::Authorised);
        assert_eq!(state(9, 0, 9, 0), PaymentState::Voided);
        assert_eq!(state(9, 4, 0, 0), PaymentState::Captured);
        assert_eq!(state(9, 4, 5, 3), PaymentState::Captured);
        assert_eq!(state(9, 4, 0, 4), PaymentState::Captured, "the rest is still held");
        assert_eq!(state(9, 4, 5, 4), PaymentState::Refunded);
    }

    #[test]
    fn a_renewal_moves_nothing_on_balance_and_nothing_is_written_for_nothing() {
        let renewal = postings(OperationKind::Renew, 7);
        assert_eq!(renewal[0].from, renewal[1].to);
        assert_eq!(renewal[0].to, renewal[1].from);
        assert!(postings(OperationKind::Void, 0).is_empty());
    }
}

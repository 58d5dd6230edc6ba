use order_api::OrderState;

/// Where an order stands, with what is known only there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Things are being set aside.
    Pending,
    /// They are set aside, and the money is being held.
    Reserved,
    /// Money is held, and owners have to agree.
    AwaitingApproval,
    /// Everybody has agreed, and the things are being promised.
    Authorised,
    /// They can be fetched; with why they could not, if that was tried.
    Confirmed { reason: Option<String> },
    /// Handed over, with what was said about deposits so far.
    Active { reason: Option<String> },
    /// Back, with what was said about the deposit.
    Returned { reason: Option<String> },
    /// Over.
    Closed { reason: Option<String> },
    /// Given up before anything was handed over.
    Ended(Ending),
}

/// Why an order was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Something was not free.
    Rejected(String),
    /// The money could not be held.
    PaymentFailed(String),
    /// An owner did not agree.
    Declined(String),
    /// Somebody changed their mind.
    Cancelled(String),
    /// Time was up.
    Expired(String),
}

impl Stage {
    /// The word on the wire.
    pub(crate) fn state(&self) -> OrderState {
        match self {
            Self::Pending => OrderState::Pending,
            Self::Reserved => OrderState::Reserved,
            Self::AwaitingApproval => OrderState::AwaitingApproval,
            Self::Authorised => OrderState::Authorised,
            Self::Confirmed { .. } => OrderState::Confirmed,
            Self::Active { .. } => OrderState::Active,
            Self::Returned { .. } => OrderState::Returned,
            Self::Closed { .. } => OrderState::Closed,
            Self::Ended(Ending::Rejected(_)) => OrderState::Rejected,
            Self::Ended(Ending::PaymentFailed(_)) => OrderState::PaymentFailed,
            Self::Ended(Ending::Declined(_)) => OrderState::Declined,
            Self::Ended(Ending::Cancelled(_)) => OrderState::Cancelled,
            Self::Ended(Ending::Expired(_)) => OrderState::Expired,
        }
    }

    /// Why, where the state does not say it all.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Ended(
                Ending::Rejected(why)
                | Ending::PaymentFailed(why)
                | Ending::Declined(why)
                | Ending::Cancelled(why)
                | Ending::Expired(why),
            ) => Some(why),
            Self::Confirmed { reason }
            | Self::Active { reason }
            | Self::Returned { reason }
            | Self::Closed { reason } => reason.as_deref(),
            _ => None,
        }
    }

    /// The stage that a state and its reason were written down for.
    pub(crate) fn of(state: OrderState, reason: Option<String>) -> Self {
        let why = || reason.clone().unwrap_or_default();
        match state {
            OrderState::Pending => Self::Pending,
            OrderState::Reserved => Self::Reserved,
            OrderState::AwaitingApproval => Self::AwaitingApproval,
            OrderState::Authorised => Self::Authorised,
            OrderState::Confirmed => Self::Confirmed { reason },
            OrderState::Active => Self::Active { reason },
            OrderState::Returned => Self::Returned { reason },
            OrderState::Closed => Self::Closed { reason },
            OrderState::Rejected => Self::Ended(Ending::Rejected(why())),
            OrderState::PaymentFailed => Self::Ended(Ending::PaymentFailed(why())),
            OrderState::Declined => Self::Ended(Ending::Declined(why())),
            OrderState::Cancelled => Self::Ended(Ending::Cancelled(why())),
            OrderState::Expired => Self::Ended(Ending::Expired(why())),
        }
    }

    /// Whether things have not been handed over, so that all of it can still be undone.
    pub(crate) fn can_be_ended(&self) -> bool {
        match self {
            Self::Pending | Self::Reserved | Self::AwaitingApproval | Self::Authorised | Self::Confirmed { .. } => true,
            Self::Active { .. } | Self::Returned { .. } | Self::Closed { .. } | Self::Ended(_) => false,
        }
    }
}

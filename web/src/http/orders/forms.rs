use order_api::{DeclineRequest, HandOverRequest, LineProgress, Order, OrderState, ReturnRequest};
use serde_json::Value;
use vocabulary::{Money, UserId};

use crate::http::posted::Posted;
use crate::shown::{Control, Field, parse_amount};
use crate::words::OrderWords;

/// What somebody may do with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Cancel,
    Approve,
    Decline,
    HandOver,
    TakeBack,
}

/// The form that does it.
pub(super) struct ActForm {
    /// The last part of its address.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) fields: Vec<Field>,
    /// A class of the style sheet.
    pub(super) class: &'static str,
}

impl Act {
    const ALL: [Self; 5] = [Self::Approve, Self::Decline, Self::HandOver, Self::TakeBack, Self::Cancel];

    /// What it is called in addresses, by us and by the order service.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::HandOver => "hand-over",
            Self::TakeBack => "return",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    /// What this member may do now. The order service decides; this only says what is worth offering.
    pub(super) fn open_to(member: UserId, order: &Order) -> Vec<Self> {
        let own = |progress| order.lines.iter().any(|line| line.owner_id == member && line.progress == progress);
        let mut lent = order.lines.iter().filter(|line| line.owner_id == member && line.period.is_some());
        let any_out = lent.any(|line| line.progress == LineProgress::HandedOver);
        let is_open = |act: &Self| match act {
            Self::Cancel => {
                order.borrower_id == member
                    && !order.state.is_final()
                    && !matches!(order.state, OrderState::Active | OrderState::Returned)
            }
            Self::Approve | Self::Decline => order.state == OrderState::AwaitingApproval && own(LineProgress::Asked),
            Self::HandOver => {
                matches!(order.state, OrderState::Confirmed | OrderState::Active) && own(LineProgress::Agreed)
            }
            Self::TakeBack => order.state == OrderState::Active && any_out,
        };
        Self::ALL.into_iter().filter(is_open).collect()
    }

    /// The form, with what was typed into it.
    pub(super) fn form(self, w: &OrderWords, posted: &Posted) -> ActForm {
        let line = |name, label| Field::line(name, label).value(posted.get(name));
        let text = |name, label| Field::new(name, label, Control::Text).value(posted.get(name));
        let (label, class, fields) = match self {
            Self::Cancel => (w.cancel, "danger", Vec::new()),
            Self::Approve => (w.approve, "", Vec::new()),
            Self::Decline => (w.decline, "danger", vec![line("reason", w.decline_reason)]),
            Self::HandOver => (w.hand_over, "", vec![text("note", w.condition_note)]),
            Self::TakeBack => {
                let kept = [line("keep", w.keep), line("keep_reason", w.keep_reason)];
                (w.take_back, "", [text("note", w.condition_note)].into_iter().chain(kept).collect())
            }
        };
        ActForm { name: self.name(), label, fields, class }
    }

    /// What the order service is sent; nothing for what needs no words.
    ///
    /// # Errors
    /// The field that cannot be understood.
    pub(super) fn request(self, posted: &Posted, deposits: Money) -> Result<Option<Value>, &'static str> {
        let said = |name| Some(posted.get(name).to_owned()).filter(|text| !text.is_empty());
        let request = match self {
            Self::Cancel | Self::Approve => return Ok(None),
            Self::Decline => serde_json::to_value(DeclineRequest { reason: said("reason") }),
            Self::HandOver => serde_json::to_value(HandOverRequest { note: said("note") }),
            Self::TakeBack => {
                let keep = match said("keep") {
                    None => None,
                    Some(text) => Some(parse_amount(&text, deposits.currency.as_str()).ok_or("keep")?),
                };
                let keep = keep.filter(|minor| *minor > 0).map(|amount_minor| Money { amount_minor, ..deposits });
                let reason = said("keep_reason").filter(|_| keep.is_some());
                serde_json::to_value(ReturnRequest { note: said("note"), keep, reason })
            }
        };
        // Our own request types always have a JSON form.
        Ok(request.ok())
    }
}

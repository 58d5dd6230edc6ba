use order_api::{LineProgress, OrderState, Step, StepKind, StepState};

use crate::words::{Language, OrderWords};

/// One step of an order in plain words.
pub(in crate::http) struct StepLine {
    pub(in crate::http) title: String,
    /// A class of the style sheet.
    pub(in crate::http) state: &'static str,
    pub(in crate::http) state_word: &'static str,
    pub(in crate::http) outcome: Option<String>,
}

/// English has the order service's own words, which know what each step is about.
pub(in crate::http) fn step_line(language: Language, step: Step) -> StepLine {
    let w = &language.words().orders;
    let english = language == Language::English;
    let state_word = step_word(w, step.state);
    StepLine {
        title: if english { step.title } else { kind_word(w, step.kind).to_owned() },
        state: step.state.as_str(),
        state_word,
        // What its state says already is not said twice.
        outcome: step.outcome.filter(|said| english && !said.trim_end_matches('.').eq_ignore_ascii_case(state_word)),
    }
}

/// Where an order stands, in plain words.
pub(in crate::http) fn state_word(w: &OrderWords, state: OrderState) -> &'static str {
    match state {
        OrderState::Pending => w.pending,
        OrderState::Reserved => w.reserved,
        OrderState::AwaitingApproval => w.awaiting_approval,
        OrderState::Authorised => w.authorised,
        OrderState::Confirmed => w.confirmed,
        OrderState::Active => w.active,
        OrderState::Returned => w.returned,
        OrderState::Closed => w.closed,
        OrderState::Rejected => w.rejected,
        OrderState::PaymentFailed => w.payment_failed,
        OrderState::Declined => w.declined,
        OrderState::Cancelled => w.cancelled,
        OrderState::Expired => w.expired,
    }
}

/// Where a line of an order stands.
pub(super) fn progress_word(w: &OrderWords, progress: LineProgress) -> &'static str {
    match progress {
        LineProgress::Asked => w.line_asked,
        LineProgress::Agreed => w.line_agreed,
        LineProgress::HandedOver => w.line_handed_over,
        LineProgress::Back => w.line_back,
        LineProgress::NotFetched => w.line_not_fetched,
    }
}

fn kind_word(w: &OrderWords, kind: StepKind) -> &'static str {
    match kind {
        StepKind::Reserve => w.reserve,
        StepKind::Authorise => w.authorise,
        StepKind::Confirm => w.confirm,
        StepKind::Capture => w.capture,
        StepKind::CheckOut => w.check_out,
        StepKind::TakeBack => w.check_in,
        StepKind::Release => w.release,
        StepKind::Void => w.void,
        StepKind::Refund => w.refund,
    }
}

fn step_word(w: &OrderWords, state: StepState) -> &'static str {
    match state {
        StepState::Waiting => w.step_waiting,
        StepState::Begun => w.step_begun,
        StepState::Done => w.step_done,
        StepState::Refused => w.step_refused,
        StepState::Skipped => w.step_skipped,
        StepState::Abandoned => w.step_abandoned,
        StepState::Stuck => w.step_stuck,
        StepState::Accepted => w.step_accepted,
    }
}

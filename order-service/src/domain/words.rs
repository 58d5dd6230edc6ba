//! Steps in plain words, for everybody whom an order concerns.

use super::order::Order;
use super::step::{Action, Progress, Step};

/// What a step does, in a few words.
pub(crate) fn title(order: &Order, action: Action) -> String {
    let thing = |line: usize| {
        let line = order.lines.get(line);
        line.map_or_else(String::new, |line| format!("{} of {}", line.units, line.name))
    };
    match action {
        Action::Reserve { line } => format!("Set aside {}", thing(line)),
        Action::Authorise => "Hold the price and the deposit".to_owned(),
        Action::Confirm { line } => format!("Promise {}", thing(line)),
        Action::Capture { .. } => "Take what is due of the money that is held".to_owned(),
        Action::CheckOut { line } => format!("Hand over {}", thing(line)),
        Action::TakeBack { line } => format!("Take back {}", thing(line)),
        Action::Release { line } => format!("Give up {}", thing(line)),
        Action::Void => "Release the money that is still held".to_owned(),
        Action::Refund { .. } => "Give back the money that was taken".to_owned(),
    }
}

/// What came of a step, if there is anything to say.
pub(crate) fn outcome(step: &Step) -> Option<String> {
    match &step.progress {
        Progress::Waiting => None,
        Progress::Begun { heard, .. } => heard.clone(),
        Progress::Done => Some("Done.".to_owned()),
        Progress::Refused(why) => Some(why.clone()),
        Progress::Skipped => Some("Not needed any more.".to_owned()),
        Progress::Abandoned => Some("Given up under way; whatever came of it is undone below.".to_owned()),
        Progress::Stuck { why, again_at: Some(_), .. } => {
            Some(format!("It is asked for again and again, and an administrator can decide meanwhile: {why}"))
        }
        Progress::Stuck { why, again_at: None, .. } => Some(format!("An administrator has to decide: {why}")),
        Progress::Accepted => Some("An administrator has said that it counts as done.".to_owned()),
    }
}

/// The money that a step is about, in minor units.
pub(crate) fn amount(order: &Order, action: Action) -> Option<i64> {
    match action {
        Action::Authorise => Some(order.total() + order.deposit_total()),
        _ => action.amount(),
    }
}

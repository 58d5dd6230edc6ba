use std::time::Duration;

use problem::{Kind, Problem};
use service_kit::db::to_problem;

use crate::app::AppError;
use crate::domain::saga::WrongState;

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NoSuchOrder | AppError::WrongState(WrongState::NoSuchStep(_)) => Self::new(Kind::NotFound),
            AppError::NoSuchItem => Self::because(Kind::NotFound, "There is no such item, or not any more."),
            AppError::NotYours(why) => Self::because(Kind::Forbidden, why),
            AppError::WrongState(WrongState::KeepsTooMuch { most }) => Self::invalid(vec![problem::FieldProblem {
                pointer: "/keep/amount_minor".to_owned(),
                code: "too_much".into(),
                detail: WrongState::KeepsTooMuch { most }.to_string(),
            }]),
            AppError::WrongState(wrong) => Self::because(Kind::Conflict, wrong.to_string()),
            AppError::Overtaken => Self::because(
                Kind::Conflict,
                "Another change was made at the same time. Nothing of this one was done; send it again.",
            )
            .retry_after(Duration::from_secs(1)),
            AppError::Inventory(error) => {
                tracing::warn!(error = %error, "the inventory did not answer");
                let wait = error.retry_after().unwrap_or(Duration::from_secs(1));
                Self::unavailable("The inventory does not answer at the moment. Nothing was changed.", wait)
            }
            AppError::Refused(problem) => problem,
            AppError::Database(error) => to_problem(&error),
        }
    }
}

use std::time::Duration;

use problem::{Kind, Problem};
use service_kit::db::to_problem;

use crate::app::AppError;
use crate::domain::payment::Obstacle;

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NoSuchPayment => Self::new(Kind::NotFound),
            AppError::Voided => Self::because(
                Kind::Conflict,
                "This step of the order was called off before it was asked for; it will not happen any more.",
            ),
            AppError::KeyReused => {
                Self::because(Kind::KeyReused, "This step was asked for with other values; a step is one request.")
            }
            AppError::Busy => Self::new(Kind::RequestInFlight).retry_after(Duration::from_secs(1)),
            AppError::Obstacle(obstacle) => Self::because(Kind::Conflict, obstacle_text(&obstacle)),
            AppError::ProviderRefused(detail) => {
                Self::because(Kind::Conflict, format!("The provider refused: {detail}"))
            }
            AppError::NotAtTheDesk => Self::because(
                Kind::Conflict,
                "This payment is not paid at the desk; its provider says when it is paid.",
            ),
            AppError::Refused(problem) => problem,
            AppError::Database(error) => to_problem(&error),
        }
    }
}

fn obstacle_text(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NotSoMuch { asked, left } => {
            format!("{asked} minor units were asked for, and {left} are left of this payment.")
        }
        Obstacle::State(state) => format!("The payment is {}; there is nothing to move.", state.as_str()),
        Obstacle::Busy => "Another operation of this payment has not ended.".to_owned(),
    }
}
